/**
 * How blocks lie in a registry (OCI image specification 1.1, artifacts): each block is a blob of its own, whose digest
 * is the one in its CID. A manifest keeps them together, so that the registry does not collect them:
 *
 *     { "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
 *       "artifactType": "application/vnd.nexus.blocks.v1",
 *       "config": {the empty descriptor}, "layers": [the root, then all that it leads to],
 *       "annotations": {"internal.nexus.root": CID} }
 *
 * Its tag is the root's CID. More blocks than one manifest holds are several manifests under an index of that tag.
 * A recipe is a manifest of its own, tagged `recipe-` and the recipe's key, whose subject is that of its output:
 *
 *     { …, "artifactType": "application/vnd.nexus.recipe.v1", "layers": [the empty descriptor], "subject": {…},
 *       "annotations": {"internal.nexus.recipe": key, "internal.nexus.root": CID, "internal.nexus.key": public key,
 *                       "internal.nexus.signature": Ed25519 over "nexus recipe v1\n" key "\n" CID "\n", base64} }
 */
import { type Cid, codecOfCid, digestOfCid, isCid, NexusError, shape, verifyEd25519 } from '../../../model';
import { indexType, manifestType } from './client';

export const blocksType = 'application/vnd.nexus.blocks.v1';
export const recipeType = 'application/vnd.nexus.recipe.v1';
/** The specification's own: two bytes, `{}`. */
export const emptyBytes = Buffer.from('{}');
const empty = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
} as const;
export const emptyDigest = empty.digest;
/** About 170 bytes each: far from what a manifest may have. */
const layersMax = 8000;

export interface BlockSize {
  readonly cid: Cid;
  readonly sizeBytes: number;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** A manifest or index, ready to be stored. */
export interface Document {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export function digestOfBlock(cid: Cid): string {
  return `sha256:${Buffer.from(digestOfCid(cid)).toString('hex')}`;
}

function layerOf({ cid, sizeBytes }: BlockSize): Descriptor {
  return {
    mediaType: `application/vnd.ipld.${codecOfCid(cid)}`,
    digest: digestOfBlock(cid),
    size: sizeBytes,
  };
}

/** The manifests of some blocks, the root first. One root with the same blocks has the same bytes, wherever it is made. */
export function formatManifests(root: Cid, blocks: readonly BlockSize[]): readonly Document[] {
  const parts = Array.from({ length: Math.ceil(blocks.length / layersMax) }, (_, at) =>
    blocks.slice(at * layersMax, (at + 1) * layersMax),
  );
  return parts.map((part) =>
    formatDocument(manifestType, {
      artifactType: blocksType,
      config: empty,
      layers: part.map(layerOf),
      annotations: { 'internal.nexus.root': root },
    }),
  );
}

/** What holds several manifests together. */
export function formatIndex(root: Cid, manifests: readonly Descriptor[]): Document {
  return formatDocument(indexType, {
    artifactType: blocksType,
    manifests,
    annotations: { 'internal.nexus.root': root },
  });
}

function formatDocument(mediaType: string, fields: object): Document {
  return { mediaType, bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields })) };
}

/** The part of a document that is read here; blocks are found by their links, not by their layers. */
const headOf = (
  value: unknown,
): { artifactType: unknown; annotations: Readonly<Record<string, unknown>> } => {
  const { artifactType, annotations = {} } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { artifactType, annotations: annotations as Readonly<Record<string, unknown>> };
};

function readDocument(bytes: Uint8Array, type: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw notOurs('not JSON');
  }
  const { artifactType, annotations } = headOf(value);
  if (artifactType === type && typeof annotations === 'object' && annotations !== null) return annotations;
  throw notOurs(`its type is ${JSON.stringify(artifactType)?.slice(0, 80)}, expected "${type}"`);
}

/** The root of a manifest or index of blocks. @throws NexusError `bad-artifact` */
export function parseRoot(bytes: Uint8Array): Cid {
  const root = readDocument(bytes, blocksType)['internal.nexus.root'];
  if (typeof root === 'string' && isCid(root)) return root;
  throw notOurs('it names no root');
}

/** Whose word it is that a recipe gave an output. */
export interface RecipeSigner {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export interface SharedRecipe {
  readonly key: string;
  readonly output: Cid;
  /** In hex: who says so, and his signature was checked. */
  readonly signer: string;
}

export async function formatRecipe(
  key: string,
  output: Cid,
  subject: Descriptor,
  signer: RecipeSigner,
): Promise<Document> {
  const signature = await signer.sign(recipeMessage(key, output));
  return formatDocument(manifestType, {
    artifactType: recipeType,
    config: empty,
    layers: [empty],
    subject,
    annotations: {
      'internal.nexus.recipe': key,
      'internal.nexus.root': output,
      'internal.nexus.key': Buffer.from(signer.publicKey).toString('hex'),
      'internal.nexus.signature': Buffer.from(signature).toString('base64'),
    },
  });
}

const recipeShape = shape.object({
  'internal.nexus.recipe': shape.text(/^[0-9a-f]{64}$/, '64 hex digits'),
  'internal.nexus.root': shape.parsed(isCid, 'a CID'),
  'internal.nexus.key': shape.text(/^[0-9a-f]{64}$/, '64 hex digits'),
  'internal.nexus.signature': shape.text(/^[A-Za-z0-9+/]{86}==$/, 'a signature'),
});

/** Inverse of {@link formatRecipe}; the signature holds. @throws NexusError `bad-artifact` */
export function parseRecipe(bytes: Uint8Array): SharedRecipe {
  const fields = shape.readShape(recipeShape, readDocument(bytes, recipeType), 'bad-artifact');
  const [key, output, signer] = [
    fields['internal.nexus.recipe'],
    fields['internal.nexus.root'],
    fields['internal.nexus.key'],
  ];
  const signature = new Uint8Array(Buffer.from(fields['internal.nexus.signature'], 'base64'));
  if (verifyEd25519(new Uint8Array(Buffer.from(signer, 'hex')), recipeMessage(key, output), signature))
    return { key, output, signer };
  throw notOurs('the signature of its recipe does not hold');
}

function recipeMessage(key: string, output: Cid): Uint8Array {
  return Buffer.from(`nexus recipe v1\n${key}\n${output}\n`);
}

function notOurs(reason: string): NexusError {
  return new NexusError('bad-artifact', `Cannot read an artifact of a registry: ${reason}`, {
    hint: 'It was pushed by another program, or changed. Name one that `nexus store push` made.',
  });
}
