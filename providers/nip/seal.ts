/**
 * The door. A package's archive is somebody else's; what comes through here is a tree of plain files that stays within
 * itself, bounded in number and size. Refused, with the path and a code of its own each:
 *
 *     bad-path            empty, absolute, with "..", control characters or over-long; not in Unicode's form C
 *     duplicate-path      one path twice (a folder may be named again)
 *     unicode-collision   two paths that differ in their bytes and not to the eye (equal in form KC)
 *     path-through-link   below a link of the same archive
 *     link-outside        a link that leads above the root, by itself or over other links
 *     link-loop           a link that leads to itself, or over more than 40 others
 *     hard-link-outside   a hard link to what is not an earlier file of the archive
 *     device-node         a device, fifo or socket
 *     too-many-files, too-large, bad-size
 *
 * Neutralised, and told: setuid, setgid and sticky bits (dropped), links to absolute paths (made relative: the root is
 * the image's), hard links (made files). Two paths that differ only in case are told too; they do no harm, because
 * nothing is ever unpacked onto the builder's own disk: contents go into the store, by their digest.
 */
import { NexusError, quote } from '../../model';
import type { BlockStore } from '../store';
import type { ArchiveEntry, ArchiveReader } from './entry';
import { checkLinks } from './links';
import { checkPath, normalizeTarget } from './path';
import { Refusal } from './refusal';
import { type FileTree, foldersAbove, type TreeFile, type TreeNode } from './tree';

export interface SealLimits {
  readonly entryCountMax: number;
  /** All files together, uncompressed. */
  readonly sizeBytesMax: number;
}

/** The largest packages of Debian have some 20,000 files and 2 GB. */
export const sealLimits: SealLimits = { entryCountMax: 200_000, sizeBytesMax: 8 * 1024 ** 3 };

export type NeutralizedKind = 'special-mode' | 'absolute-link' | 'hard-link' | 'case-collision';

/** Something that was made harmless. */
export interface Neutralized {
  readonly kind: NeutralizedKind;
  readonly path: string;
}

export interface SealedTree {
  readonly tree: FileTree;
  readonly neutralized: readonly Neutralized[];
}

export interface SealOptions {
  /** The archive's name in errors. */
  readonly name: string;
  readonly store: BlockStore;
  /** @default sealLimits */
  readonly limits?: SealLimits;
  /** Entries that are no part of the tree, such as `.PKGINFO`. @default none is left out */
  readonly isLeftOut?: (path: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Checks all of an archive and puts its files into the store. @throws NexusError of the first thing that is refused */
export async function sealArchive(reader: ArchiveReader, options: SealOptions): Promise<SealedTree> {
  const sealer = new Sealer(options);
  try {
    for await (const entry of reader) {
      options.signal?.throwIfAborted();
      await sealer.add(entry);
    }
    return sealer.finish();
  } catch (error) {
    throw error instanceof Refusal ? refused(options.name, error) : error;
  }
}

function refused(archive: string, { code, path, reason }: Refusal): NexusError {
  return new NexusError(code, `Cannot unpack "${archive}": entry ${quote(path)}: ${reason}`, {
    hint: 'The package is broken or hostile: use another version, or another mirror.',
  });
}

class Sealer {
  readonly #nodes = new Map<string, TreeNode>();
  readonly #neutralized: Neutralized[] = [];
  readonly #limits: SealLimits;
  #entryCount = 0;
  #sizeBytes = 0;

  constructor(private readonly options: SealOptions) {
    this.#limits = options.limits ?? sealLimits;
  }

  async add(entry: ArchiveEntry): Promise<void> {
    this.#entryCount += 1;
    if (this.#entryCount > this.#limits.entryCountMax)
      throw new Refusal('too-many-files', entry.path, `over ${this.#limits.entryCountMax} entries`);
    const path = checkPath(entry.path);
    if (path === '' || this.options.isLeftOut?.(path) === true) return;
    if ((entry.mode & 0o7000) !== 0 && entry.type === 'file') this.#tell('special-mode', path);
    this.#put(await this.#node(entry, path));
  }

  /** Adds the folders that no entry named, and looks at the tree as a whole. */
  finish(): SealedTree {
    for (const path of [...this.#nodes.keys()]) this.#addFoldersAbove(path);
    this.#checkCollisions();
    const tree = [...this.#nodes.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
    checkLinks(tree);
    return { tree, neutralized: this.#neutralized };
  }

  async #node(entry: ArchiveEntry, path: string): Promise<TreeNode> {
    if (entry.type === 'folder') return { type: 'folder', path };
    if (entry.type === 'link') return { type: 'link', path, target: this.#linkTarget(entry, path) };
    if (entry.type === 'hard-link') return this.#hardLink(entry, path);
    if (entry.type === 'file') return this.#file(entry, path);
    throw new Refusal('device-node', path, `a ${entry.type}, expected files, folders and links`);
  }

  #linkTarget({ target }: ArchiveEntry, path: string): string {
    if (target.startsWith('/')) this.#tell('absolute-link', path);
    return normalizeTarget(path, target);
  }

  #hardLink({ target }: ArchiveEntry, path: string): TreeFile {
    const earlier = this.#nodes.get(checkPath(target));
    if (earlier?.type !== 'file')
      throw new Refusal(
        'hard-link-outside',
        path,
        `linked to ${quote(target)}, expected an earlier file of the archive`,
      );
    this.#tell('hard-link', path);
    return { ...earlier, path };
  }

  async #file(entry: ArchiveEntry, path: string): Promise<TreeFile> {
    this.#sizeBytes += entry.sizeBytes;
    if (this.#sizeBytes > this.#limits.sizeBytesMax)
      throw new Refusal('too-large', path, `over ${this.#limits.sizeBytesMax} bytes unpacked`);
    const { cid, sizeBytes } = await this.options.store.putStream(entry.content, { isDurable: false });
    if (sizeBytes !== entry.sizeBytes)
      throw new Refusal('bad-size', path, `${sizeBytes} bytes, expected the ${entry.sizeBytes} announced`);
    return { type: 'file', path, mode: (entry.mode & 0o111) === 0 ? 0o644 : 0o755, sizeBytes, block: cid };
  }

  #put(node: TreeNode): void {
    const before = this.#nodes.get(node.path);
    if (before !== undefined && (before.type !== 'folder' || node.type !== 'folder'))
      throw new Refusal('duplicate-path', node.path, 'there twice, expected once');
    this.#nodes.set(node.path, node);
  }

  #addFoldersAbove(path: string): void {
    for (const folder of foldersAbove(path)) {
      const node = this.#nodes.get(folder);
      if (node === undefined) this.#nodes.set(folder, { type: 'folder', path: folder });
      else if (node.type === 'link') throw new Refusal('path-through-link', path, `below link "${folder}"`);
      else if (node.type === 'file') throw new Refusal('bad-path', path, `below file "${folder}"`);
      else return;
    }
  }

  #checkCollisions(): void {
    const [byEye, byCase] = [new Map<string, string>(), new Map<string, string>()];
    for (const path of this.#nodes.keys()) {
      const seen = path.normalize('NFKC');
      const other = byEye.get(seen);
      if (other !== undefined)
        throw new Refusal(
          'unicode-collision',
          path,
          `looks like ${quote(other)}, expected paths that differ`,
        );
      byEye.set(seen, path);
      const folded = seen.toLowerCase();
      if (byCase.has(folded)) this.#tell('case-collision', path);
      byCase.set(folded, path);
    }
  }

  #tell(kind: NeutralizedKind, path: string): void {
    this.#neutralized.push({ kind, path });
  }
}
