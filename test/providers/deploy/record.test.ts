import fc from 'fast-check';
import {
  createMeasuredStatement,
  formatStatement,
  NexusError,
  publicKeyBytes,
  signEd25519,
  signingKeyOfSeed,
} from '../../../model';
import {
  describeFailures,
  formatRecordLine,
  parseRecordLine,
  type SignedStatement,
  verifyNodeRecord,
} from '../../../providers/deploy';
import { preAuthEncoding } from '../../../providers/provchain';
import { release } from './_rig';

const key = signingKeyOfSeed(new Uint8Array(32).fill(7));
const publicKey = Buffer.from(publicKeyBytes(key)).toString('hex');
const [nonce, imageDigest, configDigest] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [
  string,
  string,
  string,
];
const expected = { publicKey, node: 'n1', nonce, imageDigest, configDigest, release, epochMin: 3n };

function bootRecord(changes: { signer?: typeof key; epoch?: string } = {}): SignedStatement {
  const predicate = {
    node: 'n1',
    key: publicKey,
    release,
    config: configDigest,
    nonce,
    epoch: changes.epoch ?? '3',
    sequence: '1',
    uptimeMicros: '4241',
    cells: [{ name: 'hello', state: 'running' as const }],
    peers: [],
  };
  const payload = formatStatement(createMeasuredStatement('boot', predicate, imageDigest));
  const signature = signEd25519(changes.signer ?? key, preAuthEncoding(payload));
  return parseRecordLine(formatRecordLine({ payload, signature }));
}

const failed = (record: SignedStatement, changes: object): string[] =>
  verifyNodeRecord(record, { ...expected, ...changes })
    .filter((check) => !check.ok)
    .map((check) => check.name);

test('a record that says what was expected holds in every check', () => {
  const checks = verifyNodeRecord(bootRecord(), expected);
  expect(checks.map((check) => check.name)).toEqual([
    'signature',
    'key',
    'node',
    'nonce',
    'image',
    'configuration',
    'release',
    'epoch',
  ]);
  expect(describeFailures(checks)).toBeUndefined();
});

test.each([
  ['another nonce', { nonce: 'ab'.repeat(32) }, ['nonce']],
  ['another image', { imageDigest: 'ab'.repeat(32) }, ['image']],
  ['another configuration', { configDigest: 'ab'.repeat(32) }, ['configuration']],
  ['another node', { node: 'n2' }, ['node']],
  ['another release', { release: 'another' }, ['release']],
  ['a later start', { epochMin: 4n }, ['epoch']],
  [
    'another key',
    { publicKey: Buffer.from(publicKeyBytes(signingKeyOfSeed(new Uint8Array(32)))).toString('hex') },
    ['signature', 'key'],
  ],
  ['a key that is none', { publicKey: '00' }, ['signature', 'key']],
])('a record is not taken for one of %s', (_, changes, names) => {
  expect(failed(bootRecord(), changes)).toEqual(names);
});

test('a record that names the right key but was signed with another fails by its signature', () => {
  expect(failed(bootRecord({ signer: signingKeyOfSeed(new Uint8Array(32)) }), {})).toEqual(['signature']);
});

test('failures are told in words, with what is and what was expected', () => {
  const checks = verifyNodeRecord(bootRecord(), { publicKey, imageDigest: 'dd'.repeat(32) });
  expect(describeFailures(checks)).toBe(`image: ${'bb'.repeat(32)}, expected ${'dd'.repeat(32)}`);
});

test('a line comes back as it was, and a changed one never verifies', () => {
  const line = formatRecordLine(bootRecord());
  expect(formatRecordLine(parseRecordLine(line))).toBe(line);
  fc.assert(
    fc.property(fc.nat(line.length - 1), fc.integer({ min: 1, max: 127 }), (at, mask) => {
      const changed =
        line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ mask) + line.slice(at + 1);
      try {
        expect(failed(parseRecordLine(changed), {})).not.toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(NexusError);
      }
    }),
  );
});

test('noise behind the prefix is refused with an error of ours', () => {
  fc.assert(
    fc.property(fc.string(), (noise) => {
      expect(() => parseRecordLine(`@nexus record ${'0'.repeat(128)} {${noise}}`)).toThrow(NexusError);
    }),
  );
});
