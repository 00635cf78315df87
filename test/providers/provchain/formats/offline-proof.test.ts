/** A record with its proof in one file: inverses, the largest record, and hostile text. */
import * as fc from 'fast-check';
import { createStatement, formatStatement, NexusError, statementSizeBytesMax } from '../../../../model';
import {
  formatOfflineProof,
  formatTlogProof,
  parseOfflineProof,
  parseTlogProof,
  preAuthEncoding,
  type RecordEvidence,
  verifyRecord,
} from '../../../../providers/provchain';
import { signCheckpoint } from '../../../../providers/provchain/formats/checkpoint';
import { formatLeaf, leafOfEnvelope } from '../../../../providers/provchain/formats/leaf';
import { leafHash } from '../../../../providers/provchain/tree/tree';
import { deployer, logKey, statementOf } from '../simulation';

/** The only record of its log. */
function evidenceOf(payload: Uint8Array): RecordEvidence {
  const { publicKey } = deployer;
  const envelope = { payload, signature: deployer.sign(preAuthEncoding(payload)) };
  const root = leafHash(formatLeaf(leafOfEnvelope(envelope, publicKey)));
  const checkpoint = signCheckpoint({ size: 1, root }, logKey);
  return { ...envelope, publicKey, proof: { index: 0, hashes: [], checkpoint } };
}

const sound = evidenceOf(formatStatement(statementOf(1)));

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const evidence: fc.Arbitrary<RecordEvidence> = fc.record({
  payload: fc.uint8Array({ maxLength: 300 }),
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  publicKey: hash,
  proof: fc.record({
    index: fc.maxSafeNat(),
    hashes: fc.array(hash, { maxLength: 64 }),
    checkpoint: fc.string(),
  }),
});

test('format and parse are inverses, whatever the record is', () => {
  fc.assert(
    fc.property(evidence, (value) => {
      expect(parseOfflineProof(formatOfflineProof(value))).toEqual(value);
    }),
  );
});

test('what was read is verified', () => {
  expect(verifyRecord(parseOfflineProof(formatOfflineProof(sound)), logKey)).toMatchObject({
    index: 0,
    statement: statementOf(1),
  });
});

test('to other tools it is a tlog-proof', () => {
  const { extra, ...proof } = parseTlogProof(formatOfflineProof(sound));
  expect(proof).toEqual(sound.proof);
  expect(JSON.parse(Buffer.from(extra ?? []).toString())).toMatchObject({
    payloadType: 'application/vnd.in-toto+json',
    signatures: [{ keyid: Buffer.from(deployer.publicKey).toString('hex') }],
  });
});

test('the largest record that there is goes in and comes out', () => {
  const evidence = evidenceOf(new Uint8Array(statementSizeBytesMax).fill(0x20));
  const { payload, proof } = parseOfflineProof(formatOfflineProof(evidence));
  expect(Buffer.compare(payload, evidence.payload)).toBe(0);
  expect(proof).toEqual(evidence.proof);
});

test('a proof without a record, or without a key, is told so', () => {
  expect(() => parseOfflineProof(formatTlogProof(sound.proof))).toThrow('it has no "extra" line');
  const extra = (signature: object): string => {
    const envelope = { payloadType: 'application/vnd.in-toto+json', payload: '', signatures: [signature] };
    return formatTlogProof({ ...sound.proof, extra: Buffer.from(JSON.stringify(envelope)) });
  };
  const sig = Buffer.alloc(64).toString('base64');
  expect(() => parseOfflineProof(extra({ sig }))).toThrow('its "keyid" is no public key');
  expect(() => parseOfflineProof(extra({ sig, keyid: 'A'.repeat(64) }))).toThrow(
    'its "keyid" is no public key',
  );
  expect(() => parseOfflineProof(extra({ sig: 'AAAA' }))).toThrow(NexusError);
});

test('whatever the text is, the answer is a record or one NexusError', () => {
  const text = formatOfflineProof(sound);
  const mangled = fc
    .tuple(fc.nat(text.length), fc.nat(40), fc.string())
    .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length));
  fc.assert(
    fc.property(fc.oneof(fc.string(), mangled), (hostile) => {
      try {
        parseOfflineProof(hostile);
      } catch (error) {
        expect(error).toBeInstanceOf(NexusError);
      }
    }),
    { numRuns: 500 },
  );
});

test('one flipped bit in a proof does not verify', () => {
  const bytes = Buffer.from(formatOfflineProof(sound));
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => verifyRecord(parseOfflineProof(copy.toString()), logKey)).toThrow(NexusError);
    }),
    { numRuns: 400 },
  );
});

test('a statement of ours is what the proof speaks of', () => {
  const statement = createStatement('rollback', {
    from: `bafkrei${'a'.repeat(52)}`,
    to: `bafkrei${'a'.repeat(52)}`,
    at: '2026-01-01T00:00:00.000Z',
  });
  const read = verifyRecord(
    parseOfflineProof(formatOfflineProof(evidenceOf(formatStatement(statement)))),
    logKey,
  );
  expect(read.statement).toEqual(statement);
});
