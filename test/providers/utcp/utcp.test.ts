/** The wire format of UTCP: bytes both ways, the shared vectors, hostile frames. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { publicKeyBytes } from '../../../model';
import {
  formatEthernet,
  formatHello,
  formatPacket,
  helloPacket,
  Neighbourhood,
  parseEthernet,
  parseHello,
  parsePacket,
  type UtcpPacket,
} from '../../../providers/utcp';
import { frameOf, keyOf, meshKey, n1, type Vectors, vectors } from './_vectors';

const file = join(__dirname, '../../vectors/utcp/hello.json');
if (process.env.UPDATE_VECTORS === '1') writeFileSync(file, `${JSON.stringify(vectors, null, 1)}\n`);
const shared = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

function neighbourhood(): Neighbourhood {
  const peers = shared.peers.map(({ name, publicKey }) => ({
    name,
    publicKey: Buffer.from(publicKey, 'hex'),
  }));
  return new Neighbourhood({ meshKey, peers, helloIntervalMs: shared.helloIntervalMs });
}

test('the shared vectors are what this program writes', () => {
  expect(shared).toEqual(vectors);
});

test('each frame of the shared vectors comes to its outcome', () => {
  const receiver = neighbourhood();
  const outcomes = shared.frames.map(({ frame, atMs, note }) => {
    const outcome = receiver.receive(Buffer.from(frame, 'hex'), atMs);
    return [note, 'heard' in outcome ? `heard ${outcome.heard}` : `dropped ${outcome.dropped}`];
  });
  expect(outcomes).toEqual(shared.frames.map(({ note, outcome }) => [note, outcome]));
  const dropped = shared.frames.filter(({ outcome }) => outcome.startsWith('dropped'));
  expect([...receiver.drops.values()].reduce((sum, count) => sum + count, 0)).toBe(dropped.length);
});

test('the first hello has the bytes of the table in docs/utcp.md', () => {
  const frame = shared.frames[0]?.frame ?? '';
  expect(frame).toHaveLength(2 * (14 + 56 + 96 + 16));
  expect(frame.slice(0, 28)).toBe(`${'f'.repeat(12)}02000000000188b5`);
  expect(frame.slice(28, 44)).toBe('0101000000600000');
  expect(frame.slice(44, 76)).toBe(n1.cellId);
  expect(frame.slice(76, 108)).toBe('f'.repeat(32));
  expect(frame.slice(108, 140)).toBe('00000000000000010000000000000001');
  expect(frame.slice(140, 204)).toBe(n1.publicKey);
});

test('a peer is heard for three hello intervals after its hello', () => {
  const receiver = neighbourhood();
  expect(receiver.isHeard('n1', 0)).toBe(false);
  receiver.receive(Buffer.from(shared.frames[0]?.frame ?? '', 'hex'), 5000);
  expect([receiver.isHeard('n1', 8000), receiver.isHeard('n1', 8001)]).toEqual([true, false]);
  expect(receiver.isHeard('nobody', 5000)).toBe(false);
});

const hex16 = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const packets: fc.Arbitrary<UtcpPacket> = fc.record({
  type: fc.nat(255),
  source: hex16,
  destination: hex16,
  epoch: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  sequence: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  payload: fc.uint8Array({ maxLength: 1428 }),
});

test('writing and reading a packet are inverse', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      const read = parsePacket(formatPacket(packet, meshKey), meshKey);
      expect(read).toEqual({ ...packet, payload: new Uint8Array(packet.payload) });
    }),
  );
});

test('writing and reading a frame and a hello are inverse', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(bytes(6), bytes(6), bytes(96), (destination, source, payload) => {
      const frame = parseEthernet(formatEthernet({ destination, source, packet: payload }));
      expect([frame?.destination, frame?.source].map((some) => [...(some ?? [])])).toEqual([
        [...destination],
        [...source],
      ]);
      const hello = parseHello(frame?.packet ?? new Uint8Array());
      expect(hello === undefined ? undefined : [...formatHello(hello)]).toEqual([...payload]);
    }),
  );
});

test('a packet with fields that the wire cannot carry is not written', () => {
  const packet = helloPacket(meshKey, keyOf('n1'), 1n, 1n);
  for (const change of [
    { source: 'xyz' },
    { epoch: 1n << 64n },
    { sequence: -1n },
    { payload: new Uint8Array(1429) },
  ])
    expect(() => formatPacket({ ...packet, ...change }, meshKey)).toThrow(
      expect.objectContaining({ code: 'bad-packet' }),
    );
});

test('no bytes make the receiver throw, and bytes without the tag change no peer', () => {
  const good = frameOf(formatPacket(helloPacket(meshKey, keyOf('n1'), 5n, 5n), meshKey));
  const mutation = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
  const receiver = neighbourhood();
  const mutate = (mutations: readonly { at: number; byte: number }[]) => {
    const frame = good.slice();
    for (const { at, byte } of mutations) frame[at] = byte;
    return frame;
  };
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(mutation, { minLength: 1, maxLength: 4 }).map(mutate),
      ),
      (frame) => {
        const outcome = receiver.receive(frame, 0);
        const touched = Buffer.compare(frame.subarray(12), good.subarray(12)) !== 0;
        if (touched) expect(outcome).toHaveProperty('dropped');
      },
    ),
    { numRuns: 1000 },
  );
});

test('the key in a hello proves nothing: only the configured one is asked', () => {
  const receiver = new Neighbourhood({
    meshKey,
    peers: [{ name: 'n1', publicKey: publicKeyBytes(keyOf('n2')) }],
    helloIntervalMs: 1000,
  });
  expect(receiver.receive(Buffer.from(shared.frames[0]?.frame ?? '', 'hex'), 0)).toEqual({
    dropped: 'stranger',
  });
});
