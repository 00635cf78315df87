import { NexusError } from '../../../model';
import {
  currentSlot,
  formatNodeRecord,
  freeSlot,
  type NodeRecord,
  parseNodeRecord,
  sameContent,
} from '../../../providers/deploy/node-record';
import { release } from './_rig';

const content = {
  imageCid: release,
  imageSizeBytes: 32_768,
  release,
  mesh: 'swarm',
  peers: { n2: 'ab'.repeat(32), n3: 'cd'.repeat(32) },
  helloIntervalMs: 1000,
  heartbeatIntervalMs: 5000,
  memoryMib: 16,
  accelerator: 'tcg',
  configDigest: 'ef'.repeat(32),
};
const record: NodeRecord = {
  format: 1,
  node: 'n1',
  publicKey: 'ab'.repeat(32),
  cellId: 'cd'.repeat(16),
  epoch: '7',
  active: 'a',
  trying: 'b',
  slots: { a: content, b: { ...content, memoryMib: 32 } },
};

test('a record comes back from its text as it was', () => {
  expect(parseNodeRecord(formatNodeRecord(record), 'node.json')).toEqual(record);
  const { active: _, trying: __, ...bare } = { ...record, slots: {} };
  expect(parseNodeRecord(formatNodeRecord(bare), 'node.json')).toEqual(bare);
});

test.each([
  '',
  '{}',
  'null',
  formatNodeRecord(record).replace('"7"', '7'),
  formatNodeRecord(record).replace('"n1"', '"../n1"'),
])('a damaged record is an error with its file and a hint: %#', (text) => {
  expect(() => parseNodeRecord(text, 'node.json')).toThrow(NexusError);
  expect(() => parseNodeRecord(text, 'node.json')).toThrow(
    expect.objectContaining({
      code: 'bad-node-record',
      place: { file: 'node.json' },
      hint: expect.any(String),
    }),
  );
});

test('the free slot is never the active one, whatever is being tried', () => {
  expect(freeSlot(undefined)).toBe('a');
  expect(freeSlot(record)).toBe('b');
  expect(freeSlot({ ...record, active: 'b', trying: 'a' })).toBe('a');
  expect(currentSlot(record)).toBe('b');
});

test('contents are the same whatever the order of their keys', () => {
  const { imageCid, ...rest } = content;
  expect(
    sameContent({ ...rest, imageCid, peers: { n3: content.peers.n3, n2: content.peers.n2 } }, content),
  ).toBe(true);
  expect(sameContent({ ...content, memoryMib: 17 }, content)).toBe(false);
  expect(sameContent(undefined, content)).toBe(false);
});
