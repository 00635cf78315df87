/**
 * The recipe cache: what was built from what. A recipe is the digest of everything that decides an output (inputs,
 * the recipe's name, the tools' versions); the cache says which CID came of it.
 *
 *     FOLDER/ab/abcd…   name: SHA-256 of the recipe's dag-cbor, in hex; content: the output's CID and a newline
 *
 * So a rebuild with nothing changed runs no compiler, and a plan knows the real CID before anything is built.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Cid, encodeDagCbor, isCid, NexusError, sha256 } from '../../model';
import { errorCode, makeFolder, sweepTemporaries, writeDurably } from '../durable';

/** Plain values that dag-cbor can hold: text, numbers, lists, maps. */
export type RecipeInput = string | number | readonly RecipeInput[] | { readonly [key: string]: RecipeInput };

export interface Recipe {
  /** Which steps are taken, with a number that goes up when they change: `cell-1`. */
  readonly name: string;
  readonly inputs: RecipeInput;
  /** The tools and their versions. */
  readonly tools: string;
}

export class RecipeCache {
  private constructor(readonly folder: string) {}

  /** Opens the cache; its folder is made by the first write. */
  static async open(folder: string): Promise<RecipeCache> {
    const cache = new RecipeCache(folder);
    await sweepTemporaries(cache.#temporaryFolder);
    return cache;
  }

  /** What came of the recipe, or undefined when it was never carried out. A damaged entry counts as none. */
  async find(recipe: Recipe): Promise<Cid | undefined> {
    try {
      const text = readFileSync(this.#pathOf(recipe), 'latin1').trimEnd();
      return isCid(text) ? text : undefined;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * Notes what came of a recipe, durably.
   * @throws NexusError `not-reproducible` when something else came of it before
   */
  async record(recipe: Recipe, output: Cid): Promise<void> {
    const before = await this.find(recipe);
    if (before === output) return;
    if (before !== undefined) throw notReproducible(recipe, before, output, this.#pathOf(recipe));
    const path = this.#pathOf(recipe);
    await makeFolder(dirname(path));
    await writeDurably(path, `${output}\n`, { temporaryFolder: this.#temporaryFolder });
  }

  #pathOf(recipe: Recipe): string {
    const key = Buffer.from(sha256(encodeDagCbor({ ...recipe }).bytes)).toString('hex');
    return join(this.folder, key.slice(0, 2), key);
  }

  get #temporaryFolder(): string {
    return join(this.folder, 'temporary');
  }
}

function notReproducible(recipe: Recipe, before: Cid, now: Cid, path: string): NexusError {
  return new NexusError(
    'not-reproducible',
    `Cannot record recipe "${recipe.name}": it gave "${now}", and "${before}" before from the same inputs`,
    { hint: `If the tools were replaced under the same version, remove "${path}" and build again.` },
  );
}
