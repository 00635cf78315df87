/** nip: foreign packages become trees of files that are checked, pinned and content-addressed. See docs/nip.md. */
export {
  type Adapter,
  type AdapterName,
  type Architecture,
  adapterNames,
  architectures,
  type NipOptions,
  type NipProgress,
  type PackageRecord,
  type PinnedPackage,
  type Repository,
  type ResolveRequest,
} from './adapter';
export type { ArchiveEntry, ArchiveReader, EntryType } from './entry';
export { resolvePath } from './links';
export {
  type Neutralized,
  type NeutralizedKind,
  type SealedTree,
  type SealLimits,
  type SealOptions,
  sealArchive,
  sealLimits,
} from './seal';
export {
  type FileTree,
  foldersAbove,
  formatTree,
  parseTree,
  type TreeFile,
  type TreeFileMode,
  type TreeFolder,
  type TreeLink,
  type TreeNode,
} from './tree';
