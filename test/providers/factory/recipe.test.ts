import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cid, cidOfRaw } from '../../../model';
import { type Recipe, RecipeCache } from '../../../providers/factory';
import { temporaryFolder } from './_folders';

const recipe: Recipe = { name: 'cell-1', inputs: { source: 'ab', stackBytes: 4096 }, tools: 'clang 19' };
const output = cidOfRaw(Uint8Array.of(1));

test('an output is found by its recipe, also by another process and after any order of keys', async () => {
  const folder = temporaryFolder();
  const cache = await RecipeCache.open(folder);
  expect(await cache.find(recipe)).toBeUndefined();
  await cache.record(recipe, output);
  const other = await RecipeCache.open(folder);
  expect(await other.find({ ...recipe, inputs: { stackBytes: 4096, source: 'ab' } })).toBe(output);
});

test.each([
  [{ ...recipe, name: 'cell-2' }],
  [{ ...recipe, inputs: { source: 'ac', stackBytes: 4096 } }],
  [{ ...recipe, tools: 'clang 20' }],
])('another recipe has another output: %j', async (other) => {
  const cache = await RecipeCache.open(temporaryFolder());
  await cache.record(recipe, output);
  expect(await cache.find(other)).toBeUndefined();
});

test('a recipe that gives something else the second time is an error', async () => {
  const cache = await RecipeCache.open(temporaryFolder());
  await cache.record(recipe, output);
  await cache.record(recipe, output);
  await expect(cache.record(recipe, cidOfRaw(Uint8Array.of(2)))).rejects.toMatchObject({
    code: 'not-reproducible',
  });
});

test('a damaged entry counts as none and is written again', async () => {
  const folder = temporaryFolder();
  const cache = await RecipeCache.open(folder);
  await cache.record(recipe, output);
  const [below] = readdirSync(folder).filter((name) => name.length === 2);
  const [file] = readdirSync(join(folder, below ?? ''));
  writeFileSync(join(folder, below ?? '', file ?? ''), 'bafk');
  expect(await cache.find(recipe)).toBeUndefined();
  await cache.record(recipe, output);
  expect(await cache.find(recipe)).toBe(output);
});

test('entries are listed with what came of them; one that was not used since is forgotten, another is not', async () => {
  const cache = await RecipeCache.open(temporaryFolder());
  await cache.record(recipe, output);
  const [entry] = await cache.entries();
  expect(await cache.entries()).toEqual([
    { key: expect.stringMatching(/^[0-9a-f]{64}$/), output, usedMs: expect.any(Number) },
  ]);
  const { key, usedMs } = entry ?? { key: '', usedMs: 0 };
  expect(await cache.removeUnused(key, usedMs - 1)).toBe(false);
  expect(await cache.find(recipe)).toBe(output);
  expect(await cache.removeUnused(key, usedMs + 60_000)).toBe(true);
  expect(await cache.removeUnused(key, usedMs + 60_000)).toBe(false);
  expect(await cache.find(recipe)).toBeUndefined();
});

test('asking for an old entry makes it new', async () => {
  const cache = await RecipeCache.open(temporaryFolder());
  await cache.record(recipe, output);
  const key = (await cache.entries())[0]?.key ?? '';
  const longAgoS = Date.now() / 1000 - 30 * 24 * 3600;
  utimesSync(join(cache.folder, key.slice(0, 2), key), longAgoS, longAgoS);
  const yesterdayMs = Date.now() - 24 * 3_600_000;
  expect((await cache.entries())[0]?.usedMs).toBeLessThan(yesterdayMs);
  await cache.find(recipe);
  expect((await cache.entries())[0]?.usedMs).toBeGreaterThan(yesterdayMs);
});

test('what is not here is asked of others, and remembered', async () => {
  const asked: string[] = [];
  const find = async (key: string): Promise<Cid> => {
    asked.push(key);
    return output;
  };
  const cache = await RecipeCache.open(temporaryFolder(), { find });
  expect(await cache.find(recipe)).toBe(output);
  expect(await cache.find(recipe)).toBe(output);
  expect(asked).toEqual((await cache.entries()).map(({ key }) => key));
});
