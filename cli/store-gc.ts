/** `nexus store gc`: forgets recipes that nobody used lately, then removes the blocks that nothing leads to. */
import { type Swept, sweep } from '../providers/store';
import { createMeter } from './meter';
import { formatBytes, printJson } from './output';
import { createProgress } from './progress';
import type { StoreDesk } from './store';
import { findRoots, type StoreRoots } from './store-roots';
import { count } from './words';

const dayMs = 24 * 60 * 60_000;

/** @returns true: there is nothing that it could find wrong */
export async function collectGarbage({ stateDir, store, recipes, options, io }: StoreDesk): Promise<boolean> {
  const { keepReleases, keepDays, graceHours, lock: locks = [], dryRun: isDryRun = false, json } = options;
  const nowMs = io.environment.clock();
  const usedSinceMs = nowMs - keepDays * dayMs;
  const request = { stateDir, recipes, keepReleases, usedSinceMs, locks };
  // What cannot be read is found before anything is forgotten.
  let found = await findRoots(request, io);
  const unused = (await recipes.entries()).filter(({ usedMs }) => usedMs < usedSinceMs);
  if (!isDryRun) for (const { key } of unused) await recipes.removeUnused(key, usedSinceMs);
  const progress = createProgress(io.err, json === true);
  try {
    const swept = await sweep(store, {
      // Looked for again: a build may have finished meanwhile, or used a recipe that was about to be forgotten.
      roots: async () => {
        found = await findRoots(request, io);
        return found.roots;
      },
      nowMs,
      graceMs: graceHours * 60 * 60_000,
      isDryRun,
      signal: io.signal,
      onProgress: createMeter(progress, io.environment.clock),
    });
    progress.clear();
    const { roots: _, ...counts } = found;
    if (json) printJson(io.out, { ...swept, ...counts, forgottenCount: unused.length, dryRun: isDryRun });
    else io.out.write(describe(swept, found, unused.length, isDryRun));
    return true;
  } finally {
    progress.clear();
  }
}

function describe(swept: Swept, roots: StoreRoots, forgotten: number, isDryRun: boolean): string {
  const { recipeCount, releaseCount, slotCount, packageCount } = roots;
  const would = isDryRun ? 'Would free' : 'Freed';
  const lines = [
    `${would} ${formatBytes(swept.removedSizeBytes)} in ${count(swept.removedCount, 'block')}${forgotten === 0 ? '' : `, and ${isDryRun ? 'forget' : 'forgot'} ${count(forgotten, 'recipe')} that nobody used lately`}.`,
    `Needed: ${formatBytes(swept.neededSizeBytes)} in ${count(swept.neededCount, 'block')}, by ${count(recipeCount, 'recipe')}, ${count(releaseCount, 'release')}, ${count(slotCount, 'slot')} and ${count(packageCount, 'locked package')}.`,
  ];
  if (swept.sparedCount > 0)
    lines.push(
      `Too young to tell: ${formatBytes(swept.sparedSizeBytes)} in ${count(swept.sparedCount, 'block')}.`,
    );
  if (swept.missing.length > 0)
    lines.push(
      `Not there, though needed: ${count(swept.missing.length, 'block')}; \`nexus store check\` says whose. Building or pulling brings them.`,
    );
  return `${lines.join('\n')}\n`;
}
