/**
 * .npk of a Linux cell: the same container as a Rumpk cell's (../npk.ts), with a manifest that names a tree:
 *
 *     { name, version, variant: { kind: "linux", architecture, sources: [{ adapter, name, version, sha256 }],
 *       keep, drop, links: [[path, target]], pledges, unveils: [[path, rights]], run }, sizeBytes, foreignSizeBytes,
 *       tree: link }
 *
 * The CID of the manifest is the Variant-CID. As a file it is CARv1: the manifest, the tree, then each file's block once.
 */
import {
  asLink,
  type Cid,
  codecOfCid,
  decodeDagCbor,
  encodeDagCbor,
  type LinuxCell,
  linkTo,
  namePattern,
  type PinnedPackage,
  shape,
} from '../../../model';
import { type FileTree, parseTree } from '../../nip';
import type { BlockStore } from '../../store';
import { carSections } from '../car';

const text = shape.prose(4096);
const texts = shape.list(text, 4096);

const manifestShape = shape.object({
  name: shape.text(namePattern, 'a name'),
  version: shape.text(/^[0-9A-Za-z.+:~_@-]{1,200}$/, 'a version'),
  variant: shape.object({
    kind: shape.oneOf(['linux']),
    architecture: shape.oneOf(['x86_64', 'riscv64', 'aarch64']),
    sources: shape.list(
      shape.object({
        adapter: text,
        name: text,
        version: text,
        sha256: shape.text(/^[0-9a-f]{64}$/, '64 hex digits'),
      }),
      65_536,
    ),
    keep: texts,
    drop: texts,
    links: shape.list(shape.object({ path: text, target: text }), 4096),
    pledges: texts,
    unveils: shape.list(shape.object({ path: text, rights: text }), 4096),
    run: texts,
  }),
  sizeBytes: shape.whole(),
  foreignSizeBytes: shape.whole(),
  tree: shape.converted((value) => {
    const cid = asLink(value);
    return cid !== undefined && codecOfCid(cid) === 'dag-cbor' ? cid : undefined;
  }, 'a link to a tree'),
});

export type LinuxManifest = shape.Shaped<typeof manifestShape>;

export interface LinuxNpk {
  /** The Variant-CID. */
  readonly cid: Cid;
  readonly manifest: LinuxManifest;
}

export interface SealRequest {
  readonly cell: LinuxCell;
  readonly architecture: LinuxManifest['variant']['architecture'];
  readonly sources: readonly PinnedPackage[];
  readonly treeCid: Cid;
  readonly sizeBytes: number;
  readonly foreignSizeBytes: number;
}

/** A sealed cell, put into the store after its tree. */
export async function storeLinuxNpk(request: SealRequest, store: BlockStore): Promise<LinuxNpk> {
  const { cell, architecture, sources, treeCid, sizeBytes, foreignSizeBytes } = request;
  const variant = {
    kind: 'linux' as const,
    architecture,
    sources: sources.map(({ adapter, name, version, sha256 }) => ({ adapter, name, version, sha256 })),
    keep: [...cell.keep],
    drop: [...cell.drop],
    links: cell.links.map(({ path, target }) => ({ path, target })),
    pledges: [...cell.pledges],
    unveils: cell.unveils.map(({ path, rights }) => ({ path, rights })),
    run: [...(cell.run ?? [])],
  };
  const main = sources.find(({ name }) => name === cell.packages[0]?.name);
  const manifest = { name: cell.name, version: main?.version ?? '0', variant, sizeBytes, foreignSizeBytes };
  const { cid, bytes } = encodeDagCbor({ ...manifest, tree: linkTo(treeCid) });
  await store.put('dag-cbor', bytes);
  return { cid, manifest: { ...manifest, tree: treeCid } };
}

/** @throws NexusError `missing-block`, `corrupt-block`, `bad-npk` */
export async function loadLinuxNpk(cid: Cid, store: BlockStore): Promise<LinuxNpk> {
  return { cid, manifest: shape.readShape(manifestShape, decodeDagCbor(await store.get(cid)), 'bad-npk') };
}

/** The files of a cell. @throws NexusError `missing-block`, `corrupt-block`, `bad-tree` */
export async function treeOfNpk({ manifest }: LinuxNpk, store: BlockStore): Promise<FileTree> {
  return parseTree(await store.get(manifest.tree));
}

/** The bytes of a .npk file, piece by piece; no more than one file of the cell is in memory. */
export async function* formatLinuxNpk(npk: LinuxNpk, store: BlockStore): AsyncGenerator<Uint8Array> {
  const tree = await treeOfNpk(npk, store);
  const files = tree.flatMap((node) => (node.type === 'file' ? [node.block] : []));
  for await (const part of carSections([npk.cid, npk.manifest.tree, ...new Set(files)], (cid) =>
    store.get(cid),
  ))
    yield part;
}
