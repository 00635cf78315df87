/**
 * .npk, a sealed cell: a CARv1 file (car.ts) whose root is a dag-cbor manifest and whose other blocks are the cell's
 * files, in the order of their paths. The CID of the manifest is the cell's Variant-CID. In the store the same blocks
 * lie one by one.
 *
 *     { name, version,
 *       variant: { source: hex, architecture, abi, pledges: [text], stackBytes, compiler },
 *       files: [{ path, mode, size, block: link }] }
 */
import {
  asLink,
  type Cid,
  cidOfRaw,
  codecOfCid,
  decodeDagCbor,
  encodeDagCbor,
  linkTo,
  NexusError,
  namePattern,
  type Pledge,
  pledgeNames,
  quote,
  shape,
} from '../../model';
import type { BlockStore } from '../store';
import { type CarBlock, formatCar, parseCar } from './car';
import type { Factory } from './factory';
import type { RelyOn } from './file-memory';

const filesMax = 1024;
const relativePath = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._+@=,~-]+(?:\/[A-Za-z0-9._+@=,~-]+)*$/;

function asRawLink(value: unknown): Cid | undefined {
  const cid = asLink(value);
  return cid !== undefined && codecOfCid(cid) === 'raw' ? cid : undefined;
}

const manifestShape = shape.object({
  name: shape.text(namePattern, 'a name'),
  version: shape.text(/^[0-9A-Za-z.+~-]{1,100}$/, 'a version'),
  variant: shape.object({
    source: shape.text(/^[0-9a-f]{64}$/, '64 hex digits'),
    architecture: shape.oneOf(['riscv64']),
    abi: shape.text(/^[a-z0-9-]{1,40}$/, 'the name of an interface'),
    pledges: shape.list<Pledge>(shape.oneOf(pledgeNames), pledgeNames.length),
    stackBytes: shape.whole(),
    compiler: shape.prose(200),
  }),
  files: shape.list(
    shape.object({
      path: shape.text(relativePath, 'a relative path'),
      mode: shape.whole(0o777),
      size: shape.whole(),
      block: shape.converted(asRawLink, 'a link to raw bytes'),
    }),
    filesMax,
  ),
});

/** What a cell is and what it was made of. */
export type Manifest = shape.Shaped<typeof manifestShape>;
export type Variant = Manifest['variant'];

export interface NpkFile {
  readonly path: string;
  /** Permission bits, decided by the recipe and never by the builder's file system. */
  readonly mode: number;
  readonly bytes: Uint8Array;
}

export interface Npk {
  readonly cid: Cid;
  readonly manifest: Manifest;
  /** Sorted by path. */
  readonly files: readonly NpkFile[];
}

/** Makes a sealed cell of its parts. @throws NexusError `bad-npk` */
export function createNpk(head: Omit<Manifest, 'files'>, files: readonly NpkFile[]): Npk {
  const sorted = files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
  const manifest = checkManifest({
    ...head,
    files: sorted.map(({ path, mode, bytes }) => ({
      path,
      mode,
      size: bytes.length,
      block: linkTo(cidOfRaw(bytes)),
    })),
  });
  return { cid: encodeManifest(manifest).cid, manifest, files: sorted };
}

/** The bytes of a .npk file. Inverse: {@link parseNpk}. */
export function formatNpk(npk: Npk): Uint8Array {
  return formatCar(blocksOf(npk));
}

/** Inverse of {@link formatNpk} on bytes from outside. @throws NexusError `bad-car`, `bad-block`, `bad-npk` */
export function parseNpk(bytes: Uint8Array): Npk {
  const blocks = parseCar(bytes);
  const [root] = blocks;
  if (root === undefined) throw badNpk('it has no block');
  const manifest = parseManifest(root.bytes);
  const known = new Map(blocks.map((block) => [block.cid, block.bytes]));
  const npk = assemble(root.cid, manifest, (cid) => known.get(cid));
  if (Buffer.compare(formatNpk(npk), bytes) === 0) return npk;
  throw badNpk('its blocks are more than its files, or in another order');
}

/** Puts the blocks of a cell into the store. The manifest goes last: who finds it finds the files too. */
export async function storeNpk(npk: Npk, store: BlockStore): Promise<Cid> {
  const [root, ...files] = blocksOf(npk);
  for (const { bytes } of files) await store.put('raw', bytes);
  return root === undefined ? npk.cid : store.put('dag-cbor', root.bytes);
}

/**
 * Reads a cell out of the store.
 * @param relyOn told of every block's file before it is read. @default nobody is told
 * @throws NexusError `missing-block`, `corrupt-block`, `bad-npk`
 */
export async function loadNpk(cid: Cid, store: BlockStore, relyOn: RelyOn = () => {}): Promise<Npk> {
  const read = (block: Cid): Promise<Uint8Array> => {
    relyOn(store.pathOf(block));
    return store.get(block);
  };
  const manifest = parseManifest(await read(cid));
  const blocks = new Map<Cid, Uint8Array>();
  for (const { block } of manifest.files) blocks.set(block, await read(block));
  return assemble(cid, manifest, (block) => blocks.get(block));
}

/** The manifest of a cell whose blocks are all in the store and whole; undefined for any other. */
export async function findWholeCell(cid: Cid, { store, wholeCells }: Factory): Promise<Manifest | undefined> {
  const load = async (relyOn: RelyOn): Promise<Manifest> => (await loadNpk(cid, store, relyOn)).manifest;
  return wholeCells.recall(cid, load).catch(() => undefined);
}

function parseManifest(bytes: Uint8Array): Manifest {
  return checkManifest(decodeDagCbor(bytes));
}

function checkManifest(value: unknown): Manifest {
  const manifest = shape.readShape(manifestShape, value, 'bad-npk');
  const paths = manifest.files.map(({ path }) => path);
  const wrong = paths.findIndex((path, index) => index > 0 && (paths[index - 1] ?? '') >= path);
  if (wrong === -1) return manifest;
  throw badNpk(`file ${quote(paths[wrong] ?? '')} out of order or there twice`);
}

function encodeManifest(manifest: Manifest): CarBlock {
  const files = manifest.files.map((file) => ({ ...file, block: linkTo(file.block) }));
  return encodeDagCbor({ ...manifest, files });
}

/** The manifest, then each different file once. */
function blocksOf({ manifest, files }: Npk): readonly CarBlock[] {
  const blocks = new Map(files.map(({ bytes }) => [cidOfRaw(bytes), bytes]));
  return [encodeManifest(manifest), ...[...blocks].map(([cid, bytes]) => ({ cid, bytes }))];
}

function assemble(cid: Cid, manifest: Manifest, find: (cid: Cid) => Uint8Array | undefined): Npk {
  // Its bytes have that digest, are canonical, and the shape of a manifest leaves nothing out.
  if (codecOfCid(cid) !== 'dag-cbor') throw badNpk(`its root "${cid}" is no dag-cbor block`);
  const files = manifest.files.map(({ path, mode, size, block }) => {
    const bytes = find(block);
    if (bytes === undefined) throw badNpk(`the block of file ${quote(path)} is missing`);
    if (bytes.length !== size)
      throw badNpk(`file ${quote(path)} has ${bytes.length} bytes, expected ${size}`);
    return { path, mode, bytes };
  });
  return { cid, manifest, files };
}

function badNpk(reason: string): NexusError {
  return new NexusError('bad-npk', `Cannot read a cell: ${reason}`, {
    hint: 'It was made by another program or changed: build it again.',
  });
}
