import * as fc from 'fast-check';
import { cidOfRaw, formatStatement } from '../../../../model';
import {
  formatEnvelope,
  formatLeaf,
  parseEnvelope,
  parseLeaf,
  preAuthEncoding,
  verifyEnvelope,
} from '../../../../providers/provchain';
import { cidOfLeaf, leafOfEnvelope, leafSizeBytes } from '../../../../providers/provchain/formats/leaf';
import { deployer, statementOf } from '../simulation';

const payload = formatStatement(statementOf(1));
const envelope = { payload, signature: deployer.sign(preAuthEncoding(payload)) };

test('the pre-authentication encoding is that of DSSE', () => {
  expect(Buffer.from(preAuthEncoding(Buffer.from('{}'))).toString()).toBe(
    'DSSEv1 28 application/vnd.in-toto+json 2 {}',
  );
  // The example of the specification, https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
  const example = preAuthEncoding(Buffer.from('hello world'), 'http://example.com/HelloWorld');
  expect(Buffer.from(example).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('an envelope is verified, written and read', () => {
  expect(verifyEnvelope(envelope, deployer.publicKey)).toBe(true);
  expect(verifyEnvelope({ ...envelope, payload: payload.subarray(1) }, deployer.publicKey)).toBe(false);
  const read = parseEnvelope(formatEnvelope(envelope));
  expect(read).toEqual({ payload: new Uint8Array(payload), signature: new Uint8Array(envelope.signature) });
});

test.each([
  ['not JSON', '{'],
  ['another payload type', formatEnvelope(envelope).replace('in-toto', 'other')],
  ['two signatures', formatEnvelope(envelope).replace(/"signatures":\[(.*)\]/, '"signatures":[$1,$1]')],
  ['a short signature', formatEnvelope({ payload, signature: new Uint8Array(63) })],
])('an envelope with %s is refused', (_, text) => {
  expect(() => parseEnvelope(text)).toThrow(/Cannot read/);
});

test('a leaf is the canonical JSON that Rekor logs', () => {
  const leaf = leafOfEnvelope(envelope, deployer.publicKey);
  const value = JSON.parse(Buffer.from(formatLeaf(leaf)).toString());
  expect(value).toMatchObject({
    apiVersion: '0.0.2',
    kind: 'dsse',
    spec: {
      dsseV002: {
        payloadHash: { algorithm: 'SHA2_256' },
        signatures: [{ verifier: { keyDetails: 'PKIX_ED25519' } }],
      },
    },
  });
  expect(JSON.stringify(value)).toBe(Buffer.from(formatLeaf(leaf)).toString());
  expect(cidOfLeaf(leaf)).toBe(cidOfRaw(payload));
});

test('leaves have one length, are read back, and no changed byte passes for the same leaf', () => {
  const fields = fc.record({
    payloadDigest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  });
  fc.assert(
    fc.property(fields, fc.nat(), fc.integer({ min: 1, max: 255 }), (leaf, at, change) => {
      const bytes = formatLeaf(leaf);
      expect(bytes).toHaveLength(leafSizeBytes);
      expect(parseLeaf(bytes)).toEqual(leaf);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ change;
      const changed = parseLeaf(bytes);
      if (changed !== undefined) expect(formatLeaf(changed)).toEqual(bytes);
    }),
  );
});
