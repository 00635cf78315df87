/** The sweep: what it keeps, what it removes, beside builds at work, and interrupted anywhere. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { type Cid, cidOfRaw, encodeDagCbor, linkTo } from '../../../model';
import { BlockStore, linksOf, reach, type Swept, sweep } from '../../../providers/store';
import { condemn } from '../../../providers/store/sweep';
import { temporaryFolder } from '../factory/_folders';
import { bundleScript } from '../factory/_script';

const hourMs = 3_600_000;

/** A store in which everything was put three days ago, by nobody who is still there. */
async function oldStore(fill: (store: BlockStore) => Promise<unknown>): Promise<BlockStore> {
  const store = await BlockStore.open(temporaryFolder());
  await fill(store);
  await makeOld(store);
  return BlockStore.open(store.folder);
}

async function makeOld(store: BlockStore): Promise<void> {
  const timeS = Date.now() / 1000 - 72 * 3600;
  for (const cid of await store.list()) utimesSync(store.pathOf(cid), timeS, timeS);
  const marks = join(store.folder, 'in-use');
  for (const name of readdirSync(marks)) renameSync(join(marks, name), join(temporaryFolder(), name));
}

const bytesOf = (number: number): Uint8Array => Buffer.alloc(100, number);
const sweepFor = (store: BlockStore, roots: readonly Cid[], options = {}): Promise<Swept> =>
  sweep(store, { roots: async () => roots, nowMs: Date.now(), ...options });

test('what the roots lead to stays, however deep; the rest goes, and its size is said', async () => {
  const leaf = cidOfRaw(bytesOf(1));
  const tree = encodeDagCbor([['a', 'file', 0o644, 100, linkTo(leaf)]]);
  const root = encodeDagCbor({ tree: linkTo(tree.cid), name: 'x' });
  const store = await oldStore(async (each) => {
    for (let number = 0; number < 5; number += 1) await each.put('raw', bytesOf(number));
    for (const block of [tree, root]) await each.put('dag-cbor', block.bytes);
  });
  const dry = await sweepFor(store, [root.cid], { isDryRun: true });
  expect(await store.list()).toHaveLength(7);
  const swept = await sweepFor(store, [root.cid]);
  expect(swept).toEqual(dry);
  expect(swept).toMatchObject({ removedCount: 4, removedSizeBytes: 400, neededCount: 3, missing: [] });
  expect(await store.list()).toEqual([leaf, tree.cid, root.cid].sort());
});

test('what a root leads to and is not there is said', async () => {
  const [leaf, root] = [cidOfRaw(bytesOf(1)), encodeDagCbor([linkTo(cidOfRaw(bytesOf(1)))])];
  const store = await oldStore((each) => each.put('dag-cbor', root.bytes));
  expect((await sweepFor(store, [root.cid])).missing).toEqual([leaf]);
});

test('what is young stays, and what somebody asked for counts as young', async () => {
  const store = await oldStore(async (each) => {
    for (let number = 0; number < 3; number += 1) await each.put('raw', bytesOf(number));
  });
  const another = await BlockStore.open(store.folder);
  const young = await another.put('raw', bytesOf(9));
  const [again, asked] = [await another.put('raw', bytesOf(0)), cidOfRaw(bytesOf(1))];
  expect(await another.has(asked)).toBe(true);
  expect(await sweepFor(store, [])).toMatchObject({ removedCount: 1, sparedCount: 3 });
  expect(await store.list()).toEqual([young, again, asked].sort());
});

test('what a living process has put stays, however long ago that was', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const cid = await store.put('raw', bytesOf(1));
  const later = { nowMs: Date.now() + 240 * hourMs, graceMs: hourMs };
  expect(await sweepFor(store, [], later)).toMatchObject({ removedCount: 0, sparedCount: 1 });
  await makeOld(store);
  expect(await sweepFor(store, [], later)).toMatchObject({ removedCount: 1 });
  expect(store.sizeBytesOf(cid)).toBeUndefined();
});

test('what an interrupted sweep left aside is read from there, and goes back with the next one', async () => {
  const store = await oldStore((each) => each.put('raw', bytesOf(1)));
  const cid = cidOfRaw(bytesOf(1));
  mkdirSync(store.condemnedFolder, { recursive: true });
  renameSync(store.pathOf(cid), store.condemnedPathOf(cid));
  expect([...(await store.get(cid))]).toEqual([...bytesOf(1)]);
  expect(await sweepFor(store, [cid])).toMatchObject({ neededCount: 1, missing: [] });
  expect(await store.list()).toEqual([cid]);
});

test('a block that is touched after it was found old, and before it is set aside, goes back', async () => {
  const store = await oldStore((each) => each.put('raw', bytesOf(1)));
  const cid = cidOfRaw(bytesOf(1));
  await store.has(cid);
  expect(condemn(store, cid, Date.now() - hourMs)).toBe(false);
  expect(await store.list()).toEqual([cid]);
  expect(condemn(store, cid, Date.now() + hourMs)).toBe(true);
  expect(condemn(store, cid, Date.now() + hourMs)).toBe(false);
});

test('roots that cannot be told remove nothing', async () => {
  const store = await oldStore((each) => each.put('raw', bytesOf(1)));
  const roots = async (): Promise<Iterable<Cid>> => Promise.reject(new Error('the ledger is damaged'));
  await expect(sweep(store, { roots, nowMs: Date.now() })).rejects.toThrow('damaged');
  expect(await store.list()).toHaveLength(1);
});

test('links are found wherever they stand in a value, and nothing else is one', async () => {
  const cids = fc.uint8Array({ maxLength: 8 }).map(cidOfRaw);
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      cids.map(linkTo),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(cids, { maxLength: 4 }), value, (expected, noise) => {
      const found = linksOf({ noise, list: expected.map(linkTo) });
      expect(new Set(found).size).toBe(found.length);
      expect(found).toEqual(expect.arrayContaining([...new Set(expected)]));
      for (const link of linksOf(noise)) expect(found).toContain(link);
    }),
    { numRuns: 100 },
  );
});

test('a chain of three hundred links is followed to its end', async () => {
  const store = await BlockStore.open(temporaryFolder());
  let block = encodeDagCbor(['end']);
  for (let depth = 0; depth < 300; depth += 1) {
    await store.put('dag-cbor', block.bytes);
    block = encodeDagCbor([linkTo(block.cid)]);
  }
  await store.put('dag-cbor', block.bytes);
  expect((await reach([block.cid], store)).reached.size).toBe(301);
});

/**
 * A build of its own process: puts and streams blocks that are there already, old, and new ones; at its end all that it
 * has put must be there and whole. Fewer than it relied on: exit code 1.
 */
const builder = (folder: string, seed: number): string =>
  bundleScript(`
    import { BlockStore } from './providers/store';
    async function main() {
      const store = await BlockStore.open(${JSON.stringify(folder)});
      const cids = new Set();
      for (let step = 0; step < 120; step++) {
        const number = (step * 7919 + ${seed} * 104729) % 400;
        const bytes = Buffer.alloc(2000 + number, String(number));
        if (step % 3 === 0) cids.add((await store.putStream([bytes], { isDurable: false })).cid);
        else cids.add(await store.put('raw', bytes));
        for (const cid of [...cids].slice(-5)) await store.get(cid);
      }
      for (const cid of cids) await store.get(cid);
    }
    main().catch((error) => { console.error(error); process.exitCode = 1; });
  `);

const sweeper = (folder: string): string =>
  bundleScript(`
    import { BlockStore, sweep } from './providers/store';
    async function main() {
      const store = await BlockStore.open(${JSON.stringify(folder)});
      let removedCount = 0;
      for (let round = 0; round < 25; round++)
        removedCount += (await sweep(store, { roots: async () => [], nowMs: Date.now(), graceMs: 0 })).removedCount;
      console.log(removedCount);
    }
    main().catch((error) => { console.error(error); process.exitCode = 1; });
  `);

test('six builds and two sweeps at once: no block is lost that a build has put, and garbage goes', async () => {
  const store = await oldStore(async (each) => {
    for (let number = 0; number < 300; number += 1)
      await each.putStream([Buffer.alloc(2000 + number, String(number))], { isDurable: false });
  });
  const run = promisify(execFile);
  const builders = Array.from({ length: 6 }, (_, seed) => builder(store.folder, seed));
  const script = sweeper(store.folder);
  const [, , ...swept] = await Promise.all([
    ...builders.map((each) => run(process.execPath, [each])),
    run(process.execPath, [script]),
    run(process.execPath, [script]),
  ]);
  expect(swept.slice(-2).reduce((sum, { stdout }) => sum + Number(stdout), 0)).toBeGreaterThan(0);
  expect(readdirSync(store.condemnedFolder)).toEqual([]);
  for (const cid of await store.list()) await store.get(cid);
});

test('a sweep that is killed anywhere has removed nothing that is needed', async () => {
  const store = await oldStore(async (each) => {
    for (let number = 0; number < 400; number += 1)
      await each.putStream([Buffer.alloc(2000 + number, String(number))], { isDurable: false });
  });
  const kept = (await store.list()).filter((_, at) => at % 2 === 0);
  const script = bundleScript(`
    import { BlockStore, sweep } from './providers/store';
    async function main() {
      const store = await BlockStore.open(${JSON.stringify(store.folder)});
      const roots = async () => ${JSON.stringify(kept)};
      await sweep(store, { roots, nowMs: Date.now(), graceMs: 0, onProgress: (_, done) => {
        if (done === Number(process.argv[2])) process.kill(process.pid, 'SIGKILL');
      } });
    }
    void main();
  `);
  for (const at of [3, 50, 200, 333])
    await new Promise((resolve) => spawn(process.execPath, [script, String(at)]).once('exit', resolve));
  for (const cid of kept) await store.get(cid);
  const swept = await sweepFor(store, kept);
  expect(swept).toMatchObject({ neededCount: kept.length, missing: [] });
  expect(await store.list()).toEqual(kept);
});
