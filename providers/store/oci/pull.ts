/**
 * A root and all that it leads to, out of a registry. Nothing that the registry says is believed: each block must have
 * the hash in its CID, and CIDs come from the root alone. Blocks that lead to others go into the store last, so that who
 * finds one finds the rest too; a pull that broke off asks for what is missing.
 */
import { type Cid, cidFromDigest, codecOfCid, NexusError, sha256 } from '../../../model';
import type { BlockStore } from '../block-store';
import { linksOfBlock } from '../links';
import type { StoreProgress } from '../sweep';
import { digestOfBlock, parseRecipe, parseRoot } from './artifact';
import { workOff } from './bounded';
import type { RegistryClient } from './client';

export interface PullOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told blocks, of those that are known so far. @default nobody is told */
  readonly onProgress?: StoreProgress | undefined;
}

export interface Pulled {
  readonly root: Cid;
  readonly fetchedCount: number;
  readonly fetchedSizeBytes: number;
  readonly thereCount: number;
}

const atOnce = 6;
/** A tree of a million files has about 100 MB. */
const linkingSizeBytesMax = 256 * 1024 * 1024;
const blockSizeBytesMax = 1024 * 1024 * 1024;
const triesMax = 3;

/** What a tag stands for: the word of whoever may write to the registry. @throws NexusError `no-artifact`, `bad-artifact` */
export async function resolveTag(tag: string, client: RegistryClient): Promise<Cid> {
  const manifest = await client.getManifest(tag);
  if (manifest !== undefined) return parseRoot(manifest.bytes);
  throw notThere(client, `no artifact "${tag}" there`);
}

/** @throws NexusError `no-artifact`, `wrong-block`, `registry-failed`, `registry-denied` */
export async function pull(
  root: Cid,
  store: BlockStore,
  client: RegistryClient,
  options: PullOptions = {},
): Promise<Pulled> {
  const job = new PullJob(store, client, options);
  await job.run(root);
  return { root, ...job.counts };
}

class PullJob {
  readonly counts = { fetchedCount: 0, fetchedSizeBytes: 0, thereCount: 0 };
  readonly #seen = new Set<Cid>();
  readonly #waiting: Cid[] = [];
  /** Blocks with links that came from the registry, in the order in which they were found. */
  readonly #linking: { readonly cid: Cid; readonly bytes: Uint8Array }[] = [];
  #linkingSizeBytes = 0;

  constructor(
    private readonly store: BlockStore,
    private readonly client: RegistryClient,
    private readonly options: PullOptions,
  ) {}

  async run(root: Cid): Promise<void> {
    this.#want([root]);
    await workOff(this.#waiting, atOnce, async (cid) => {
      this.options.signal?.throwIfAborted();
      await (codecOfCid(cid) === 'raw' ? this.#takeRaw(cid) : this.#takeLinking(cid));
      const { fetchedCount, thereCount } = this.counts;
      this.options.onProgress?.('pull', fetchedCount + thereCount, this.#seen.size);
    });
    for (const { bytes } of this.#linking.toReversed()) await this.store.put('dag-cbor', bytes);
  }

  #want(cids: readonly Cid[]): void {
    for (const cid of cids) {
      if (this.#seen.has(cid)) continue;
      this.#seen.add(cid);
      this.#waiting.push(cid);
    }
  }

  async #takeRaw(cid: Cid): Promise<void> {
    if (await this.store.has(cid)) {
      this.counts.thereCount += 1;
      return;
    }
    const { sizeBytes } = await this.#tryAgain(() => this.#fetchRaw(cid));
    this.#count(sizeBytes);
  }

  async #fetchRaw(cid: Cid): Promise<{ readonly sizeBytes: number }> {
    return this.store.putStream(bounded(await this.#open(cid), blockSizeBytesMax), { expected: cid });
  }

  async #takeLinking(cid: Cid): Promise<void> {
    const known = (await this.store.has(cid)) ? await this.store.get(cid).catch(() => undefined) : undefined;
    const bytes = known ?? (await this.#tryAgain(() => this.#fetchLinking(cid)));
    if (known === undefined) {
      this.#linking.push({ cid, bytes });
      this.#linkingSizeBytes += bytes.length;
      if (this.#linkingSizeBytes > linkingSizeBytesMax) throw tooLarge(cid);
      this.#count(bytes.length);
    } else this.counts.thereCount += 1;
    this.#want(linksOfBlock(cid, bytes));
  }

  async #fetchLinking(cid: Cid): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of bounded(await this.#open(cid), linkingSizeBytesMax)) parts.push(part);
    const bytes = new Uint8Array(Buffer.concat(parts));
    const current = cidFromDigest('dag-cbor', sha256(bytes));
    if (current === cid) return bytes;
    throw new NexusError(
      'wrong-block',
      `Cannot pull block "${cid}": the registry sent the bytes of "${current}"`,
      {
        hint: 'The registry is broken or hostile: nothing of it was kept.',
      },
    );
  }

  async #open(cid: Cid): Promise<AsyncIterable<Uint8Array>> {
    const bytes = await this.client.getBlob(digestOfBlock(cid));
    if (bytes !== undefined) return bytes;
    throw notThere(this.client, `block "${cid}" is not there`);
  }

  /** A line that breaks within a block. Wrong bytes stay wrong. */
  async #tryAgain<T>(take: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1)
      try {
        return await take();
      } catch (error) {
        this.options.signal?.throwIfAborted();
        if (error instanceof NexusError) throw error;
        if (tries === triesMax) throw brokenLine(this.client, error);
      }
  }

  #count(sizeBytes: number): void {
    this.counts.fetchedCount += 1;
    this.counts.fetchedSizeBytes += sizeBytes;
  }
}

async function* bounded(source: AsyncIterable<Uint8Array>, sizeBytesMax: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const part of source) {
    sizeBytes += part.length;
    if (sizeBytes > sizeBytesMax)
      throw new NexusError('wrong-block', `Cannot pull a block: over ${sizeBytesMax} bytes`);
    yield part;
  }
}

export interface RegistryRecipesOptions extends PullOptions {
  /** Whose word counts: public keys in hex. */
  readonly trusted: ReadonlySet<string>;
  /** Told why the registry was of no help; asked no more after that. */
  readonly report: (error: unknown) => void;
}

/**
 * The recipes that a registry knows. That a recipe gave an output is the word of who signed it, and only those count who
 * are trusted; that the output is whole follows from its CID.
 */
export class RegistryRecipes {
  #isOut = false;

  constructor(
    private readonly store: BlockStore,
    private readonly client: RegistryClient,
    private readonly options: RegistryRecipesOptions,
  ) {}

  /** The output of the recipe, in the store now; undefined when nobody who is trusted knows it. Never throws. */
  async find(key: string): Promise<Cid | undefined> {
    if (this.#isOut) return undefined;
    try {
      const manifest = await this.client.getManifest(`recipe-${key}`);
      if (manifest === undefined) return undefined;
      const recipe = parseRecipe(manifest.bytes);
      if (recipe.key !== key || !this.options.trusted.has(recipe.signer)) throw untrusted(key, recipe.signer);
      return (await pull(recipe.output, this.store, this.client, this.options)).root;
    } catch (error) {
      this.#isOut = !(error instanceof NexusError) || outCodes.includes(error.code);
      this.options.report(error);
      return undefined;
    }
  }
}

/** What the next recipe would meet too. */
const outCodes: readonly string[] = ['registry-failed', 'registry-denied'];

function untrusted(key: string, signer: string): NexusError {
  return new NexusError(
    'untrusted-recipe',
    `Cannot use the registry's recipe "${key}": signed by ${signer}, who is not trusted`,
    {
      hint: 'Put the key into keys/registry.allow if you know whose it is; it is built here instead.',
    },
  );
}

function notThere({ reference: { host, repository } }: RegistryClient, reason: string): NexusError {
  return new NexusError('no-artifact', `Cannot pull from registry "${host}/${repository}": ${reason}`, {
    hint: 'Push it from a machine that has it: `nexus store push`.',
  });
}

function brokenLine({ reference: { host, repository } }: RegistryClient, cause: unknown): NexusError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NexusError('registry-failed', `Cannot pull from registry "${host}/${repository}": ${reason}`, {
    cause,
    hint: 'Check the network; what was pulled before is kept, so run it again.',
  });
}

function tooLarge(cid: Cid): NexusError {
  return new NexusError('wrong-block', `Cannot pull "${cid}": its lists of blocks are too large`);
}
