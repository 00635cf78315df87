/** `nexus store check`: every block hashed again, and every recipe followed to the blocks that it gave. */
import type { Cid } from '../model';
import type { RecipeCache, RecipeEntry } from '../providers/factory';
import { type BlockStore, type CheckedStore, checkStore, reach } from '../providers/store';
import { createMeter } from './meter';
import { formatBytes, printJson } from './output';
import { createProgress } from './progress';
import type { StoreDesk } from './store';
import { count } from './words';

interface BadRecipe {
  readonly key: string;
  readonly output: Cid | undefined;
  readonly problem: string;
}

/** @returns whether all is well, or was made so */
export async function checkStoreVerb({ store, recipes, options, io }: StoreDesk): Promise<boolean> {
  const { repair: isRepair = false, json } = options;
  const progress = createProgress(io.err, json === true);
  try {
    const onProgress = createMeter(progress, io.environment.clock);
    const checked = await checkStore(store, { isRepair, signal: io.signal, onProgress });
    const badBlocks = new Set(checked.bad.map(({ cid }) => cid));
    const bad = await findBadRecipes(recipes, store, badBlocks);
    if (isRepair) for (const { key } of bad) await recipes.remove(key);
    progress.clear();
    const holds = isRepair
      ? checked.bad.every(({ isRemoved }) => isRemoved)
      : checked.bad.length + bad.length === 0;
    const recipeCount = (await recipes.entries()).length;
    if (json) printJson(io.out, { ...checked, recipeCount, badRecipes: bad, repaired: isRepair, holds });
    else io.out.write(describe(checked, bad, recipeCount, isRepair));
    return holds;
  } finally {
    progress.clear();
  }
}

/** Damaged ones, and those whose output is not all there and good. */
async function findBadRecipes(
  recipes: RecipeCache,
  store: BlockStore,
  badBlocks: ReadonlySet<Cid>,
): Promise<readonly BadRecipe[]> {
  const entries = await recipes.entries();
  const isWhole = await isAllWhole(entries, store, badBlocks);
  const bad: BadRecipe[] = [];
  for (const { key, output } of entries) {
    if (output === undefined) bad.push({ key, output, problem: 'damaged' });
    if (output === undefined || isWhole) continue;
    const { reached, missing } = await reach([output], store);
    const lost = [...reached].filter((cid) => missing.has(cid) || badBlocks.has(cid));
    if (lost.length > 0) bad.push({ key, output, problem: `${count(lost.length, 'block')} missing or bad` });
  }
  return bad;
}

/** All at once first: as a rule nothing is missing. */
async function isAllWhole(
  entries: readonly RecipeEntry[],
  store: BlockStore,
  badBlocks: ReadonlySet<Cid>,
): Promise<boolean> {
  const { reached, missing } = await reach(
    entries.flatMap(({ output }) => output ?? []),
    store,
  );
  return missing.size === 0 && [...badBlocks].every((cid) => !reached.has(cid));
}

function describe(
  { count: blocks, sizeBytes, bad }: CheckedStore,
  badRecipes: readonly BadRecipe[],
  recipeCount: number,
  isRepair: boolean,
): string {
  const done = isRepair ? 'removed' : 'bad';
  const lines = [
    ...bad.map(
      ({ cid, problem, isRemoved }) =>
        `${isRepair && !isRemoved ? 'kept' : done}  block   ${cid}  ${problem}`,
    ),
    ...badRecipes.map(({ key, problem }) => `${done}  recipe  ${key}  ${problem}`),
  ];
  const what = `${count(blocks, 'block')} of ${formatBytes(sizeBytes)} and ${count(recipeCount, 'recipe')}`;
  const closing =
    lines.length === 0
      ? `Checked ${what}: all are whole.`
      : `\nChecked ${what}: ${count(bad.length, 'block')} and ${count(badRecipes.length, 'recipe')} ${isRepair ? 'were bad; they are built or pulled again when they are needed' : 'are bad. `nexus store check --repair` removes them'}.`;
  return `${[...lines, closing].join('\n')}\n`;
}
