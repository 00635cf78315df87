/**
 * A .deb, deb(5): an ar archive of `debian-binary` ("2.0"), `control.tar.*` and `data.tar.*`. The data become the tree;
 * maintainer scripts are never run, and what a package would do in them is left to the image's recipe.
 *
 * Debian's root has one /usr: `bin`, `sbin`, `lib*` are links into it, and packages made before that still ship files
 * below the old names. Such files are put where the links lead.
 */
import type { BlockStore } from '../../store';
import type { NipOptions } from '../adapter';
import { readAr } from '../archive/ar';
import type { Bytes } from '../archive/bytes';
import { decompress } from '../archive/decompress';
import { badArchive } from '../archive/failure';
import { readTar } from '../archive/tar';
import type { ArchiveEntry, ArchiveReader } from '../entry';
import { type SealedTree, sealArchive } from '../seal';

/** @param name the package's file, in errors. @throws NexusError as `sealArchive` and `bad-archive` */
export async function unpackDeb(
  bytes: Bytes,
  name: string,
  store: BlockStore,
  { signal }: NipOptions = {},
): Promise<SealedTree> {
  for await (const member of readAr(bytes, name)) {
    if (member.name === 'debian-binary') await checkFormat(member.content, name);
    if (!/^data\.tar(\.(gz|xz|zst))?$/.test(member.name)) continue;
    const entries = readTar(decompress(member.content, name), name);
    return await sealArchive(mergeUsr(entries), { name, store, signal });
  }
  throw badArchive(name, 'it has no data.tar in gzip, xz, zstd or plain');
}

async function checkFormat(content: Bytes, name: string): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  const text = Buffer.concat(parts).toString('latin1');
  if (!/^2\.\d{1,3}\n/.test(text))
    throw badArchive(name, `of format ${JSON.stringify(text.slice(0, 20))}, expected 2.0`);
}

const movedPattern = /^((?:\.\/)?)(bin|sbin|lib|lib32|lib64|libx32)(\/.*|)$/;

async function* mergeUsr(entries: ArchiveReader): ArchiveReader {
  for await (const entry of entries) yield isMoved(entry) ? moved(entry) : entry;
}

/** The folders themselves move too; a link of such a name is the merged /usr's own. */
function isMoved({ path, type }: ArchiveEntry): boolean {
  const below = movedPattern.exec(path)?.[3];
  return below !== undefined && (below !== '' || type === 'folder');
}

function moved(entry: ArchiveEntry): ArchiveEntry {
  const into = (path: string): string => path.replace(movedPattern, '$1usr/$2$3');
  if (entry.type === 'hard-link') return { ...entry, path: into(entry.path), target: into(entry.target) };
  // A relative link stands one folder deeper now; what it climbs over is the same but for "usr".
  const climbs = entry.type === 'link' && entry.target.startsWith('../') && climbsToRoot(entry);
  const target = climbs ? `../${entry.target}` : entry.target;
  return { ...entry, path: into(entry.path.replace(/\/*$/, '')), target };
}

/** Whether a link's target goes up to the root and down again by another way than into the moved folders. */
function climbsToRoot({ path, target }: ArchiveEntry): boolean {
  const depth = path.replace(/^\.\//, '').split('/').length - 1;
  const ups = /^(?:\.\.\/)*/.exec(target)?.[0].length ?? 0;
  const rest = target.slice(ups);
  return ups / 3 === depth && !movedPattern.test(`${rest}/`);
}
