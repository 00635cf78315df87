/** The check: it finds each block that is not what its name says, and removes it only when it is told to. */
import { appendFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { cidOfRaw } from '../../../model';
import { BlockStore, checkStore } from '../../../providers/store';
import { HashWorker, hashHere } from '../../../providers/store/hasher';
import { temporaryFolder } from '../factory/_folders';

const bytesOf = (number: number): Uint8Array => Buffer.alloc(300, number);

async function filledStore(count: number): Promise<BlockStore> {
  const store = await BlockStore.open(temporaryFolder());
  for (let number = 0; number < count; number += 1) await store.put('raw', bytesOf(number));
  return store;
}

test('a whole store has nothing bad, and the progress ends with all its bytes', async () => {
  const store = await filledStore(150);
  const told: number[] = [];
  const onProgress = (_: string, done: number): void => void told.push(done);
  expect(await checkStore(store, { onProgress })).toEqual({ count: 150, sizeBytes: 45_000, bad: [] });
  expect(told.at(-1)).toBe(45_000);
});

test('changed, longer, cut and emptied blocks are named, and a folder in the place of one', async () => {
  const store = await filledStore(20);
  const path = (number: number): string => store.pathOf(cidOfRaw(bytesOf(number)));
  writeFileSync(path(1), Buffer.alloc(300, 'x'));
  appendFileSync(path(2), 'x');
  truncateSync(path(3), 10);
  truncateSync(path(4), 0);
  rmSync(path(5));
  mkdirSync(path(5));
  const expected = [1, 2, 3, 4, 5].map((number) => cidOfRaw(bytesOf(number))).sort();
  const { bad } = await checkStore(store);
  expect(bad.map(({ cid }) => cid)).toEqual(expected);
  expect(bad.every(({ isRemoved }) => !isRemoved)).toBe(true);
  expect(new Set(bad.map(({ problem }) => problem))).toEqual(new Set(['changed', 'EISDIR']));
  const repaired = await checkStore(store, { isRepair: true });
  expect(repaired.bad.map(({ isRemoved }) => isRemoved)).toEqual(expected.map(() => true));
  expect(await checkStore(store)).toMatchObject({ count: 15, bad: [] });
  await store.put('raw', bytesOf(5));
  expect(await checkStore(store)).toMatchObject({ count: 16, bad: [] });
});

test('a thread gives the digests that this one does, and one that has died is stood in for', async () => {
  const store = await filledStore(10);
  const paths = (await store.list()).map((cid) => store.pathOf(cid));
  const worker = new HashWorker();
  const expected = await hashHere().hash([...paths, '/nonexistent']);
  expect(await worker.hash([...paths, '/nonexistent'])).toEqual(expected);
  await worker.close();
  expect(await worker.hash(paths)).toEqual(expected.slice(0, -1));
});

test('a check that is told to stop does', async () => {
  const store = await filledStore(1);
  await expect(checkStore(store, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
    'enough',
  );
});
