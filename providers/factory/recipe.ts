/**
 * The recipe cache: what was built from what. A recipe is the digest of everything that decides an output (inputs,
 * the recipe's name, the tools' versions); the cache says which CID came of it.
 *
 *     FOLDER/ab/abcd…   name: SHA-256 of the recipe's dag-cbor, in hex; content: the output's CID and a newline
 *
 * So a rebuild with nothing changed runs no compiler, and a plan knows the real CID before anything is built.
 */
import { readFileSync, renameSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Cid, digestOfDagCbor, isCid, NexusError } from '../../model';
import { errorCode, makeFolder, sweepTemporaries, temporaryPath, writeDurably } from '../durable';

/** Plain values that dag-cbor can hold: text, numbers, lists, maps. */
export type RecipeInput = string | number | readonly RecipeInput[] | { readonly [key: string]: RecipeInput };

export interface Recipe {
  /** Which steps are taken, with a number that goes up when they change: `cell-1`. */
  readonly name: string;
  readonly inputs: RecipeInput;
  /** The tools and their versions. */
  readonly tools: string;
}

/** A recipe that was carried out, as it lies in the cache. */
export interface RecipeEntry {
  /** SHA-256 of the recipe in hex. */
  readonly key: string;
  /** Undefined where the entry is damaged. */
  readonly output: Cid | undefined;
  /** When it was last carried out or asked for, to a day; milliseconds since 1970. */
  readonly usedMs: number;
}

/** Others who may have carried out a recipe: a registry. Never throws: a build goes on without it. */
export interface SharedRecipes {
  /** @returns the output, all of it in the store now and verified; undefined where nobody knows it */
  find(key: string): Promise<Cid | undefined>;
}

const dayMs = 24 * 60 * 60_000;

export class RecipeCache {
  private constructor(
    readonly folder: string,
    private readonly shared: SharedRecipes | undefined,
  ) {}

  /** Opens the cache; its folder is made by the first write. @param shared asked for what is not here */
  static async open(folder: string, shared?: SharedRecipes): Promise<RecipeCache> {
    const cache = new RecipeCache(folder, shared);
    await sweepTemporaries(cache.#temporaryFolder);
    return cache;
  }

  /** What came of the recipe, or undefined when it was never carried out. A damaged entry counts as none. */
  async find(recipe: Recipe): Promise<Cid | undefined> {
    const path = this.#pathOf(recipe);
    const output = readEntry(path);
    if (output !== undefined || this.shared === undefined) return output;
    const found = await this.shared.find(keyOf(recipe));
    if (found !== undefined) await this.#write(path, found);
    return found;
  }

  /** All recipes that were carried out, in the order of their keys. */
  async entries(): Promise<readonly RecipeEntry[]> {
    const folders = (await namesIn(this.folder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
    const keys = await Promise.all(folders.map((name) => namesIn(join(this.folder, name))));
    return keys
      .flat()
      .filter((key) => /^[0-9a-f]{64}$/.test(key))
      .sort()
      .flatMap((key) => {
        const status = statSync(this.#pathOfKey(key), { throwIfNoEntry: false });
        if (status === undefined) return [];
        return [{ key, output: readEntry(this.#pathOfKey(key), false), usedMs: status.mtimeMs }];
      });
  }

  /** Forgets a recipe, so that the next build carries it out again. */
  async remove(key: string): Promise<void> {
    await rm(this.#pathOfKey(key), { force: true });
  }

  /**
   * Forgets a recipe unless it was used since. It is set aside first: whoever reads it before is seen, whoever comes
   * after finds none. @returns whether it is forgotten
   */
  async removeUnused(key: string, sinceMs: number): Promise<boolean> {
    const path = this.#pathOfKey(key);
    const aside = temporaryPath(this.#temporaryFolder);
    await makeFolder(this.#temporaryFolder);
    try {
      renameSync(path, aside);
      if (statSync(aside).mtimeMs < sinceMs) {
        unlinkSync(aside);
        return true;
      }
      renameSync(aside, path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    return false;
  }

  /**
   * Notes what came of a recipe, durably.
   * @throws NexusError `not-reproducible` when something else came of it before
   */
  async record(recipe: Recipe, output: Cid): Promise<void> {
    const path = this.#pathOf(recipe);
    const before = readEntry(path);
    if (before === output) return;
    if (before !== undefined) throw notReproducible(recipe, before, output, path);
    await this.#write(path, output);
  }

  async #write(path: string, output: Cid): Promise<void> {
    await makeFolder(dirname(path));
    await writeDurably(path, `${output}\n`, { temporaryFolder: this.#temporaryFolder });
  }

  #pathOf(recipe: Recipe): string {
    return this.#pathOfKey(keyOf(recipe));
  }

  #pathOfKey(key: string): string {
    return join(this.folder, key.slice(0, 2), key);
  }

  get #temporaryFolder(): string {
    return join(this.folder, 'temporary');
  }
}

/** SHA-256 of the recipe in hex: what it is called here and wherever it is shared. */
function keyOf(recipe: Recipe): string {
  return digestOfDagCbor({ ...recipe });
}

/** Reading a recipe makes it new again: what is used is not old (`nexus store gc`). */
function readEntry(path: string, isUse = true): Cid | undefined {
  try {
    const text = readFileSync(path, 'latin1').trimEnd();
    if (!isCid(text)) return undefined;
    return !isUse || touch(path) ? text : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Once a day at most; who may only read the cache cannot. @returns false where the entry is just being forgotten */
function touch(path: string): boolean {
  const nowMs = Date.now();
  try {
    if (nowMs - statSync(path).mtimeMs > dayMs) utimesSync(path, nowMs / 1000, nowMs / 1000);
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'ENOENT') return false;
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error;
  }
  return true;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function notReproducible(recipe: Recipe, before: Cid, now: Cid, path: string): NexusError {
  return new NexusError(
    'not-reproducible',
    `Cannot record recipe "${recipe.name}": it gave "${now}", and "${before}" before from the same inputs`,
    { hint: `If the tools were replaced under the same version, remove "${path}" and build again.` },
  );
}
