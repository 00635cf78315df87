/**
 * A root and all that it leads to, into a registry: first each block that is not there yet, then the manifest, and its
 * tag last. So a tag leads to whole things only; a push that broke off goes on where it was.
 */
import { type Cid, NexusError } from '../../../model';
import type { BlockStore } from '../block-store';
import { reach } from '../links';
import type { StoreProgress } from '../sweep';
import {
  type BlockSize,
  type Descriptor,
  type Document,
  digestOfBlock,
  emptyBytes,
  emptyDigest,
  formatIndex,
  formatManifests,
  formatRecipe,
  type RecipeSigner,
} from './artifact';
import { workOff } from './bounded';
import { digestOfBytes, indexType, manifestType, type RegistryClient } from './client';

export interface PushOptions {
  /** More names for it, beside its CID. @default none */
  readonly tags?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told bytes. @default nobody is told */
  readonly onProgress?: StoreProgress | undefined;
}

export interface Pushed {
  readonly root: Cid;
  /** What the registry calls it. */
  readonly manifest: Descriptor;
  readonly sentCount: number;
  readonly sentSizeBytes: number;
  readonly thereCount: number;
}

const atOnce = 6;

/** @throws NexusError `missing-block`, `corrupt-block`, `registry-failed`, `registry-denied` */
export async function push(
  root: Cid,
  store: BlockStore,
  client: RegistryClient,
  options: PushOptions = {},
): Promise<Pushed> {
  const blocks = await sizesOf(root, store, options);
  const manifests = formatManifests(root, blocks);
  const [only, second] = manifests;
  const top =
    only !== undefined && second === undefined ? only : formatIndex(root, manifests.map(descriptorOf));
  const manifest = descriptorOf(top);
  const known = await client.getManifest(root);
  const isKnown = known?.digest === manifest.digest;
  const sent = isKnown
    ? { sentCount: 0, sentSizeBytes: 0 }
    : await sendBlocks(blocks, store, client, options);
  if (!isKnown) {
    await sendEmpty(client);
    for (const part of manifests)
      if (part !== top) await client.putManifest(descriptorOf(part).digest, part.mediaType, part.bytes);
  }
  for (const name of [...(isKnown ? [] : [root]), ...(options.tags ?? [])])
    await client.putManifest(name, top.mediaType, top.bytes);
  return { root, manifest, ...sent, thereCount: blocks.length - sent.sentCount };
}

async function sizesOf(root: Cid, store: BlockStore, { signal }: PushOptions): Promise<readonly BlockSize[]> {
  const { reached, missing } = await reach([root], store, { signal });
  const [lost] = missing;
  if (lost !== undefined) throw notWhole(root, lost, missing.size);
  return [...reached].map((cid) => ({ cid, sizeBytes: store.sizeBytesOf(cid) ?? 0 }));
}

async function sendBlocks(
  blocks: readonly BlockSize[],
  store: BlockStore,
  client: RegistryClient,
  { signal, onProgress }: PushOptions,
): Promise<{ readonly sentCount: number; readonly sentSizeBytes: number }> {
  const total = blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sent = { sentCount: 0, sentSizeBytes: 0 };
  let done = 0;
  await workOff([...blocks], atOnce, async ({ cid, sizeBytes }) => {
    signal?.throwIfAborted();
    const digest = digestOfBlock(cid);
    if (!(await client.hasBlob(digest))) {
      await client.putBlob(digest, { sizeBytes, open: () => store.getStream(cid) });
      sent.sentCount += 1;
      sent.sentSizeBytes += sizeBytes;
    }
    done += sizeBytes;
    onProgress?.('push', done, total);
  });
  return sent;
}

async function sendEmpty(client: RegistryClient): Promise<void> {
  if (await client.hasBlob(emptyDigest)) return;
  await client.putBlob(emptyDigest, { sizeBytes: emptyBytes.length, open: () => [emptyBytes] });
}

function descriptorOf({ mediaType, bytes }: Document): Descriptor {
  return { mediaType, digest: digestOfBytes(bytes), size: bytes.length };
}

/** Says which recipe gave what was pushed, signed. */
export async function pushRecipe(
  key: string,
  { root, manifest }: Pushed,
  signer: RecipeSigner,
  client: RegistryClient,
): Promise<void> {
  await sendEmpty(client);
  const recipe = await formatRecipe(key, root, manifest, signer);
  const hasReferrers = await client.putManifest(`recipe-${key}`, recipe.mediaType, recipe.bytes);
  if (!hasReferrers) await addReferrer(manifest.digest, recipe, client);
}

/**
 * A registry that does not list what refers to what has that list under a tag, kept by those who push
 * (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema). Of two who add at once
 * one may be lost: the list is for people who look, builds find a recipe by its own tag.
 */
async function addReferrer(
  subject: string,
  { mediaType, bytes }: Document,
  client: RegistryClient,
): Promise<void> {
  const tag = subject.replace(':', '-');
  const fields = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
    artifactType: string;
    annotations: object;
  };
  const entry = {
    ...descriptorOf({ mediaType, bytes }),
    artifactType: fields.artifactType,
    annotations: fields.annotations,
  };
  const before = manifestsOf((await client.getManifest(tag))?.bytes);
  if (before.some(({ digest }) => digest === entry.digest)) return;
  const index = { schemaVersion: 2, mediaType: indexType, manifests: [...before, entry] };
  await client.putManifest(tag, indexType, Buffer.from(JSON.stringify(index)));
}

/** What others have listed is handed on as it is; a list that is none begins anew. */
function manifestsOf(bytes: Uint8Array | undefined): readonly Descriptor[] {
  try {
    const { manifests } = JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as { manifests?: unknown };
    return Array.isArray(manifests)
      ? (manifests as readonly Descriptor[]).filter((each) => each?.mediaType === manifestType)
      : [];
  } catch {
    return [];
  }
}

function notWhole(root: Cid, lost: Cid, count: number): NexusError {
  return new NexusError(
    'missing-block',
    `Cannot push "${root}": ${count} blocks that it leads to are missing or bad, such as "${lost}"`,
    {
      hint: 'Run `nexus store check --repair` and build it again.',
    },
  );
}
