/** Sealed cells: one file for one content, read by another implementation, hostile bytes. */
import { CarReader } from '@ipld/car';
import * as dagCbor from '@ipld/dag-cbor';
import * as fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { type Cid, cidOfRaw, encodeDagCbor, linkTo, NexusError } from '../../../model';
import { createNpk, formatCar, formatNpk, loadNpk, parseNpk, storeNpk } from '../../../providers/factory';
import { BlockStore } from '../../../providers/store';
import { temporaryFolder } from './_folders';

const head = {
  name: 'hello',
  version: '0.0.0+abc',
  variant: {
    source: 'a'.repeat(64),
    architecture: 'riscv64',
    abi: 'rumpk-cell-1',
    pledges: ['stdio', 'mesh'],
    stackBytes: 4096,
    compiler: 'clang 19.1.7',
  },
} as const;
const npk = createNpk(head, [
  { path: 'doc/readme', mode: 0o644, bytes: Buffer.from('read me') },
  { path: 'cell.bin', mode: 0o755, bytes: Buffer.from('RUMPCELL') },
  { path: 'copy.bin', mode: 0o755, bytes: Buffer.from('RUMPCELL') },
]);

test('the Variant-CID of a known cell is pinned', () => {
  expect(npk.cid).toBe('bafyreibt67vukv2qmh7bykohslzauh4n47s4v43osfxrwr52psxk7zuhzu');
});

const files = fc.uniqueArray(
  fc.record({
    path: fc.stringMatching(/^[a-z]{1,3}(\/[a-z]{1,3}){0,2}$/),
    mode: fc.nat(0o777),
    bytes: fc.uint8Array(),
  }),
  { maxLength: 6, selector: (file) => file.path },
);

test('writing and reading a cell are inverse', () => {
  fc.assert(
    fc.property(files, (some) => {
      const cell = createNpk(head, some);
      const read = parseNpk(formatNpk(cell));
      expect(read.cid).toBe(cell.cid);
      expect(read.manifest).toEqual(cell.manifest);
      expect(read.files.map((file) => ({ ...file, bytes: [...file.bytes] }))).toEqual(
        cell.files.map((file) => ({ ...file, bytes: [...file.bytes] })),
      );
    }),
  );
});

test('the order in which files are given changes nothing', () => {
  const other = createNpk(head, npk.files.toReversed());
  expect(Buffer.from(formatNpk(other)).equals(Buffer.from(formatNpk(npk)))).toBe(true);
});

test('@ipld/car reads the file: root, manifest and every block', async () => {
  const reader = await CarReader.fromBytes(formatNpk(npk));
  const [root] = await reader.getRoots();
  expect(root?.toString()).toBe(npk.cid);
  const block = await reader.get(CID.parse(npk.cid));
  const manifest = dagCbor.decode(block?.bytes ?? new Uint8Array()) as {
    readonly files: readonly { readonly path: string; readonly block: CID }[];
  };
  expect(manifest.files.map(({ path }) => path)).toEqual(['cell.bin', 'copy.bin', 'doc/readme']);
  for (const [index, file] of manifest.files.entries())
    expect(Buffer.from((await reader.get(file.block))?.bytes ?? [])).toEqual(
      Buffer.from(npk.files[index]?.bytes ?? []),
    );
});

test('a cell comes out of the store as it went in', async () => {
  const store = await BlockStore.open(temporaryFolder());
  expect(await storeNpk(npk, store)).toBe(npk.cid);
  const read = await loadNpk(npk.cid, store);
  expect(Buffer.from(formatNpk(read)).equals(Buffer.from(formatNpk(npk)))).toBe(true);
  await expect(loadNpk(cidOfRaw(Uint8Array.of(1)), store)).rejects.toMatchObject({ code: 'missing-block' });
});

const manifestBlock = (change: Record<string, unknown>) =>
  encodeDagCbor({ ...head, files: [{ path: 'a', mode: 0, size: 1, block: linkTo(a.cid) }], ...change });
const a = { cid: cidOfRaw(Buffer.from('a')), bytes: Buffer.from('a') };
const b = { cid: cidOfRaw(Buffer.from('b')), bytes: Buffer.from('b') };
const file = (change: Record<string, unknown>) => ({
  path: 'a',
  mode: 0,
  size: 1,
  block: linkTo(a.cid),
  ...change,
});

test('the smallest cell is taken', () => {
  expect(parseNpk(formatCar([manifestBlock({}), a])).manifest.name).toBe('hello');
});

const wrong: readonly (readonly [string, Uint8Array])[] = [
  ['no bytes', new Uint8Array()],
  ['no root', formatCar([])],
  ['a block missing', formatCar([manifestBlock({})])],
  ['a block too many', formatCar([manifestBlock({}), a, b])],
  ['a block twice', formatCar([manifestBlock({}), a, a])],
  [
    'the root not first',
    Buffer.concat([formatCar([manifestBlock({})]).subarray(0, 59), formatCar([a]).subarray(59)]),
  ],
  ['a wrong hash', formatCar([manifestBlock({}), { ...a, bytes: b.bytes }])],
  ['a root that is no manifest', formatCar([a])],
  ['a name that is none', formatCar([manifestBlock({ name: 'Hello' }), a])],
  ['an unknown key', formatCar([manifestBlock({ extra: 1 }), a])],
  ['a path that leads out', formatCar([manifestBlock({ files: [file({ path: '../a' })] }), a])],
  ['an absolute path', formatCar([manifestBlock({ files: [file({ path: '/a' })] }), a])],
  ['a path with a dot folder', formatCar([manifestBlock({ files: [file({ path: 'a/./b' })] }), a])],
  ['a file twice', formatCar([manifestBlock({ files: [file({}), file({})] }), a])],
  ['files out of order', formatCar([manifestBlock({ files: [file({ path: 'b' }), file({})] }), a])],
  ['a size that lies', formatCar([manifestBlock({ files: [file({ size: 2 })] }), a])],
  ['a mode beyond permissions', formatCar([manifestBlock({ files: [file({ mode: 0o4755 })] }), a])],
  ['a file that is no link', formatCar([manifestBlock({ files: [file({ block: a.cid })] }), a])],
  [
    'a length that is not the shortest',
    Buffer.concat([Buffer.of(0x80 | (formatNpk(npk)[0] ?? 0), 0), formatNpk(npk).subarray(1)]),
  ],
  ['a length past the end', Buffer.of(0xff, 0xff, 0xff, 0x7f)],
  ['a length of many bytes', Buffer.alloc(20, 0xff)],
];

test.each(wrong)('a file with %s is refused', (_, bytes) => {
  let error: unknown;
  try {
    parseNpk(bytes);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(NexusError);
});

test('a file with any byte changed is refused, and never with anything but a NexusError', () => {
  const good = formatNpk(npk);
  for (let offset = 0; offset < good.length; offset++) {
    const bytes = good.slice();
    bytes[offset] = (bytes[offset] ?? 0) ^ (1 << (offset % 8));
    expect(() => parseNpk(bytes)).toThrow(NexusError);
    expect(() => parseNpk(good.subarray(0, offset))).toThrow(NexusError);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => parseNpk(bytes)).toThrow(NexusError);
    }),
  );
});

test('a cell whose root has the wrong codec is refused', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const { bytes } = manifestBlock({});
  await store.put('raw', a.bytes);
  const raw: Cid = await store.put('raw', bytes);
  await expect(loadNpk(raw, store)).rejects.toMatchObject({ code: 'bad-npk' });
});
