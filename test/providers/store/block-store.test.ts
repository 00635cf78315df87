/** The block store: both ways, changed blocks, several processes, killed writers. */
import { execFile, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { cidOfRaw, encodeDagCbor } from '../../../model';
import { BlockStore } from '../../../providers/store';
import { temporaryFolder } from '../factory/_folders';
import { bundleScript } from '../factory/_script';

const some = Buffer.from('some bytes');

test('what is put can be got, by its CID', async () => {
  const store = await BlockStore.open(temporaryFolder());
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const cid = await store.put('raw', bytes);
      expect(cid).toBe(cidOfRaw(bytes));
      expect([...(await store.get(cid))]).toEqual([...bytes]);
    }),
    { numRuns: 20 },
  );
});

test('a store lists its blocks and nothing else', async () => {
  const store = await BlockStore.open(join(temporaryFolder(), 'deep', 'store'));
  expect(await store.list()).toEqual([]);
  const block = encodeDagCbor({ a: 1 });
  const cids = [await store.put('raw', some), await store.put('dag-cbor', block.bytes)];
  writeFileSync(join(store.folder, 'note.txt'), '');
  expect(await store.list()).toEqual(cids.sort());
  expect(await store.has(block.cid)).toBe(true);
  expect(await store.has(cidOfRaw(Uint8Array.of(9)))).toBe(false);
});

test('a block that is not there is an error that names the store', async () => {
  const store = await BlockStore.open(temporaryFolder());
  await expect(store.get(cidOfRaw(some))).rejects.toMatchObject({ code: 'missing-block' });
});

test('a block with one byte changed is refused, and putting it again mends it', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const cid = await store.put('raw', some);
  for (const spoil of [
    () => writeFileSync(store.pathOf(cid), 'some bytez'),
    () => appendFileSync(store.pathOf(cid), 'x'),
  ]) {
    spoil();
    await expect(store.get(cid)).rejects.toMatchObject({ code: 'corrupt-block' });
    await store.put('raw', some);
    expect(Buffer.from(await store.get(cid)).equals(some)).toBe(true);
  }
});

test('files are for their owner only', async () => {
  const store = await BlockStore.open(join(temporaryFolder(), 'store'));
  const cid = await store.put('raw', some);
  expect(statSync(store.pathOf(cid)).mode & 0o777).toBe(0o600);
  expect(statSync(store.folder).mode & 0o777).toBe(0o700);
});

test('putting the same block many times at once leaves it whole and nothing beside it', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const cids = await Promise.all(Array.from({ length: 16 }, () => store.put('raw', some)));
  expect(new Set(cids).size).toBe(1);
  expect(readdirSync(join(store.folder, 'temporary'))).toEqual([]);
  expect(await store.list()).toEqual([cidOfRaw(some)]);
});

test('what a killed process left is removed, and what a living one writes is kept', async () => {
  const folder = temporaryFolder();
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  mkdirSync(join(folder, 'temporary'));
  const temporaryOf = (pid: number) => `.${pid}-${'0'.repeat(16)}.tmp`;
  const left = (name: string) => join(folder, 'temporary', name);
  for (const name of [temporaryOf(dead), temporaryOf(process.pid), 'other']) writeFileSync(left(name), '');
  await BlockStore.open(folder);
  expect(readdirSync(join(folder, 'temporary')).sort()).toEqual([temporaryOf(process.pid), 'other'].sort());
});

test('a temporary folder that is swept away under a write is made again', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const writes = Array.from({ length: 20 }, (_, index) => store.put('raw', Buffer.alloc(1000, index)));
  rmSync(join(store.folder, 'temporary'), { recursive: true, force: true });
  await Promise.all(writes);
  expect(await store.list()).toHaveLength(20);
});

test('several processes put the same blocks at once', async () => {
  const folder = temporaryFolder();
  const script = bundleScript(`
    import { BlockStore } from './providers/store';
    async function main() {
      const store = await BlockStore.open(${JSON.stringify(folder)});
      for (let index = 0; index < 30; index++) await store.put('raw', Buffer.alloc(5000, index));
    }
    void main();
  `);
  const run = () => promisify(execFile)(process.execPath, [script]);
  await Promise.all([run(), run(), run()]);
  const store = await BlockStore.open(folder);
  const cids = await store.list();
  expect(cids).toHaveLength(30);
  for (const cid of cids) expect((await store.get(cid)).length).toBe(5000);
  expect(readdirSync(join(folder, 'temporary'))).toEqual([]);
  expect(existsSync(join(folder, 'temporary'))).toBe(true);
});

test('a stream of any size is a block, and comes back piece by piece', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const pieces = Array.from({ length: 50 }, (_, at) => Buffer.alloc(70_000, at));
  for (const isDurable of [true, false]) {
    const { cid, sizeBytes } = await store.putStream(pieces, { isDurable });
    expect(cid).toBe(cidOfRaw(Buffer.concat(pieces)));
    expect(sizeBytes).toBe(50 * 70_000);
    const read: Uint8Array[] = [];
    for await (const piece of store.getStream(cid)) read.push(piece);
    expect(Buffer.concat(read).equals(Buffer.concat(pieces))).toBe(true);
  }
});

test('a stream that breaks off leaves nothing', async () => {
  const store = await BlockStore.open(temporaryFolder());
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield some;
    throw new Error('the line is cut');
  }
  await expect(store.putStream(broken())).rejects.toThrow('the line is cut');
  expect(await store.list()).toEqual([]);
  expect(readdirSync(join(store.folder, 'temporary'))).toEqual([]);
});

test('a streamed block that was changed is found at its end', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const { cid } = await store.putStream([some]);
  appendFileSync(store.pathOf(cid), 'x');
  const readAll = async (): Promise<void> => {
    for await (const piece of store.getStream(cid)) expect(piece.length).toBeGreaterThan(0);
  };
  await expect(readAll()).rejects.toMatchObject({ code: 'corrupt-block' });
});
