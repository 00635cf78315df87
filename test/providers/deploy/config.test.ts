import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { cidFromDigest, NexusError } from '../../../model';
import { configDigest, formatNodeConfig, type NodeConfig, parseNodeConfig } from '../../../providers/deploy';

const bytes = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((value) => new Uint8Array(value));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/);
const interval = fc.integer({ min: 1, max: 0xffffffff });
const peer = fc.record({ name, publicKey: bytes(32), cellId: bytes(16) });

const config: fc.Arbitrary<NodeConfig> = fc.record({
  node: name,
  seed: bytes(32),
  mesh: name,
  meshKey: bytes(16),
  release: bytes(32).map((digest) => cidFromDigest('raw', digest)),
  helloIntervalMs: interval,
  heartbeatIntervalMs: interval,
  peers: fc.uniqueArray(peer, { maxLength: 64, selector: ({ name }) => name }),
  epoch: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  nonce: bytes(32),
});

const example: NodeConfig = {
  node: 'n1',
  seed: new Uint8Array(32).fill(1),
  mesh: 'swarm',
  meshKey: new Uint8Array(16).fill(2),
  release: cidFromDigest('raw', new Uint8Array(32).fill(3)),
  helloIntervalMs: 1000,
  heartbeatIntervalMs: 5000,
  peers: [
    { name: 'n3', publicKey: new Uint8Array(32).fill(4), cellId: new Uint8Array(16).fill(5) },
    { name: 'n2', publicKey: new Uint8Array(32).fill(6), cellId: new Uint8Array(16).fill(7) },
  ],
  epoch: 9n,
  nonce: new Uint8Array(32).fill(8),
};

/** Changes bytes and puts a right digest behind them again, to get past the outermost check. */
function forge(change: (body: Buffer) => Buffer | undefined): Uint8Array {
  const body = Buffer.from(formatNodeConfig(example)).subarray(0, -32);
  const changed = change(body) ?? body;
  return new Uint8Array(Buffer.concat([changed, createHash('sha256').update(changed).digest()]));
}

test('a configuration comes back from its blob as it was, peers sorted by name', () => {
  fc.assert(
    fc.property(config, (original) => {
      const peers = [...original.peers].sort((left, right) => (left.name < right.name ? -1 : 1));
      expect(parseNodeConfig(formatNodeConfig(original))).toEqual({ ...original, peers });
    }),
  );
});

test('no bytes make the parser fail in another way than with its own error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.nat(255), (noise, at, value) => {
      const forged = forge((body) => {
        body[at % body.length] = value;
        return undefined;
      });
      for (const candidate of [noise, forged]) {
        try {
          parseNodeConfig(candidate);
        } catch (error) {
          expect(error).toBeInstanceOf(NexusError);
        }
      }
    }),
  );
});

test('the layout is the one that the kernel reads', () => {
  const blob = Buffer.from(formatNodeConfig(example));
  expect(blob.toString('latin1', 0, 4)).toBe('NXCF');
  expect(blob.readUInt16LE(4)).toBe(1);
  expect(blob.readUInt32LE(8)).toBe(blob.length);
  const stableSizeBytes = blob.readUInt32LE(12);
  expect(blob.subarray(16, 22).toString('hex')).toBe('010002006e31');
  expect(blob.readUInt16LE(stableSizeBytes)).toBe(32);
  expect(blob.length - stableSizeBytes).toBe(12 + 36 + 32);
});

test('the digest changes with what is stable and not with epoch and nonce', () => {
  const again = { ...example, epoch: 10n, nonce: new Uint8Array(32) };
  expect(configDigest(again)).toEqual(configDigest(example));
  expect(configDigest({ ...example, helloIntervalMs: 1001 })).not.toEqual(configDigest(example));
  expect(configDigest({ ...example, peers: [] })).not.toEqual(configDigest(example));
});

test.each([
  ['a wrong magic', (body: Buffer) => void body.write('NXCG', 0)],
  ['another version', (body: Buffer) => void body.writeUInt16LE(2, 4)],
  ['a wrong total size', (body: Buffer) => void body.writeUInt32LE(17, 8)],
  ['a wrong stable size', (body: Buffer) => void body.writeUInt32LE(16, 12)],
  ['a field that ends behind the blob', (body: Buffer) => void body.writeUInt16LE(60_000, 18)],
  ['a field cut off', (body: Buffer) => body.subarray(0, -37)],
  ['an unknown field', (body: Buffer) => Buffer.concat([body, Buffer.from('63000000', 'hex')])],
  ['a field twice', (body: Buffer) => Buffer.concat([body, body.subarray(16, 22)])],
])('a blob with %s is refused', (_, change) => {
  expect(() => parseNodeConfig(forge((body) => change(body) ?? undefined))).toThrow(NexusError);
});

test('a flipped bit anywhere is refused', () => {
  const blob = formatNodeConfig(example);
  for (let at = 0; at < blob.length; at++) {
    const changed = blob.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => parseNodeConfig(changed)).toThrow(NexusError);
  }
});

test('more peers than the kernel takes, and one peer twice, are refused', () => {
  const peers = Array.from({ length: 65 }, (_, index) => ({
    name: `n${index}`,
    publicKey: new Uint8Array(32),
    cellId: new Uint8Array(16),
  }));
  expect(() => formatNodeConfig({ ...example, peers })).toThrow('65 peers, expected at most 64');
  const twice = [...example.peers, ...example.peers];
  expect(() => formatNodeConfig({ ...example, peers: twice })).toThrow('one peer stands twice');
});
