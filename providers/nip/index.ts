/** nip: foreign packages become trees of files that are checked, pinned and content-addressed. See docs/nip.md. */
export type {
  Adapter,
  NipOptions,
  NipProgress,
  PackageRecord,
  RepositoryAt,
  ResolveRequest,
} from './adapter';
export { decompress } from './archive/decompress';
export { createAdapter } from './create-adapter';
export { DebianAdapter, debianKeyring, debianMirror } from './debian';
export type { ArchiveEntry, ArchiveReader, EntryType } from './entry';
export {
  type ElfNeeds,
  type Filtered,
  type FilterRequest,
  filterTree,
  type MissingNeed,
  type Reason,
  readElfNeeds,
  rules,
} from './filter';
export { resolvePath } from './links';
export { mergeTrees, type NamedTree } from './merge';
export { cidOfSha256, Mirror, type PinnedFile } from './mirror';
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
export { UnpackPool, type UnpackPoolOptions } from './unpack-pool';
