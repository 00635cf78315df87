/**
 * The files of an apk v3. Its ADB (schema `pckg`) lists folders and in them files; contents follow in data blocks, in that
 * order, each behind the numbers of its folder and file. A file without content has none. Scripts stand in the ADB's third
 * slot and are never looked at.
 *
 *     folder  name, rights, files        file  name, rights, size, time, SHA-256 or SHA-512, target
 *     target  mode (16 bits: a000 link, 8000 hard link, else a device), then the path
 */
import { createHash } from 'node:crypto';
import type { BlockStore } from '../../store';
import type { NipOptions } from '../adapter';
import type { Bytes } from '../archive/bytes';
import { badArchive } from '../archive/failure';
import type { ArchiveEntry, ArchiveReader, EntryType } from '../entry';
import { type SealedTree, sealArchive } from '../seal';
import { Adb, type AdbValue } from './adb';
import { type Block, blockKind, readBlocks, readWhole } from './blocks';

export const adbSizeBytesMax = 128 * 1024 * 1024;

/** @throws NexusError as `sealArchive` and `bad-archive` */
export async function unpackApk3(
  bytes: Bytes,
  name: string,
  store: BlockStore,
  { signal }: NipOptions = {},
): Promise<SealedTree> {
  return sealArchive(readEntries(bytes, name), { name, store, signal });
}

async function* readEntries(bytes: Bytes, name: string): ArchiveReader {
  const blocks = readBlocks(bytes, 'pckg', name);
  try {
    const { value: first, done } = await blocks.next();
    if (done === true || first.kind !== blockKind.adb)
      throw badArchive(name, 'it does not start with its ADB block');
    const adb = new Adb(await readWhole(first, adbSizeBytesMax, name), name);
    for (const file of listFiles(adb, name))
      yield file.hasContent
        ? { ...file, content: checked(file, await nextContent(blocks, file, name), name) }
        : file;
    const rest = await nextData(blocks);
    if (rest !== undefined) throw badArchive(name, 'content that belongs to no file');
  } finally {
    await blocks.return(undefined);
  }
}

interface ListedFile extends ArchiveEntry {
  /** From 1, as the data block says it. */
  readonly numbers: readonly [folder: number, file: number];
  readonly hasContent: boolean;
  readonly digest: Uint8Array | undefined;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function* listFiles(adb: Adb, name: string): Generator<ListedFile> {
  const [, folders] = adb.slots(adb.root);
  for (const [folderAt, folder] of adb.slots(folders).entries()) {
    const [pathValue, rights, files] = adb.slots(folder);
    const folderPath = adb.text(pathValue);
    const common = { target: '', sizeBytes: 0, content: nothing(), hasContent: false, digest: undefined };
    yield {
      ...common,
      path: folderPath,
      type: 'folder',
      mode: modeOf(adb, rights),
      numbers: [folderAt + 1, 0],
    };
    for (const [fileAt, file] of adb.slots(files).entries())
      yield {
        ...common,
        ...fileOf(adb, adb.slots(file), folderPath, name),
        numbers: [folderAt + 1, fileAt + 1],
      };
  }
}

function fileOf(adb: Adb, slots: readonly AdbValue[], folder: string, name: string) {
  const [nameValue, rights, size, , hash, targetValue] = slots;
  const path = folder === '' ? adb.text(nameValue) : `${folder}/${adb.text(nameValue)}`;
  const mode = modeOf(adb, rights);
  const target = adb.blob(targetValue);
  if (target !== undefined) return { path, mode, ...targetOf(target, path, name) };
  const sizeBytes = adb.number(size);
  if (!Number.isSafeInteger(sizeBytes))
    throw badArchive(name, `entry "${path}" has a size of ${sizeBytes} bytes`);
  return { path, mode, type: 'file' as const, sizeBytes, hasContent: sizeBytes > 0, digest: adb.blob(hash) };
}

function modeOf(adb: Adb, rights: AdbValue | undefined): number {
  return adb.number(adb.slots(rights)[0]) & 0o7777;
}

function targetOf(bytes: Uint8Array, path: string, name: string): { type: EntryType; target: string } {
  const kind = (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0);
  if (kind !== 0o120000 && kind !== 0o100000)
    return { type: kind === 0o010000 ? 'fifo' : 'device', target: '' };
  const target = Buffer.from(bytes.subarray(2)).toString('utf8');
  if (target.includes('\ufffd')) throw badArchive(name, `entry "${path}" has a target that is not UTF-8`);
  return { type: kind === 0o120000 ? 'link' : 'hard-link', target };
}

/** The next data block; signatures are not looked at here: the package's digest is pinned. */
async function nextData(blocks: AsyncGenerator<Block>): Promise<Block | undefined> {
  for (;;) {
    const { value, done } = await blocks.next();
    if (done === true) return undefined;
    if (value.kind === blockKind.data) return value;
  }
}

async function nextContent(blocks: AsyncGenerator<Block>, file: ListedFile, name: string): Promise<Bytes> {
  const block = await nextData(blocks);
  if (block === undefined) throw badArchive(name, `it ends before the content of "${file.path}"`);
  const content = afterNumbers(block.content, file, name);
  if (block.sizeBytes !== file.sizeBytes + 8)
    throw badArchive(name, `content of ${block.sizeBytes - 8} bytes for "${file.path}" of ${file.sizeBytes}`);
  return content;
}

/** What follows the folder's and the file's number, which have to be this one's. */
async function* afterNumbers(
  content: Bytes,
  { numbers, path }: ListedFile,
  name: string,
): AsyncGenerator<Uint8Array> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const part of content) {
    if (head === undefined) {
      yield part;
      continue;
    }
    head = Buffer.concat([head, part]);
    if (head.length < 8) continue;
    if (head.readUInt32LE(0) !== numbers[0] || head.readUInt32LE(4) !== numbers[1])
      throw badArchive(name, `content of another file, expected that of "${path}"`);
    if (head.length > 8) yield head.subarray(8);
    head = undefined;
  }
}

async function* checked(
  { path, digest }: ListedFile,
  content: Bytes,
  name: string,
): AsyncGenerator<Uint8Array> {
  const algorithm = digest?.length === 32 ? 'sha256' : digest?.length === 64 ? 'sha512' : undefined;
  if (digest === undefined || algorithm === undefined)
    throw badArchive(name, `"${path}" has no SHA-256 or SHA-512, expected one`);
  const hash = createHash(algorithm);
  for await (const part of content) {
    hash.update(part);
    yield part;
  }
  if (!hash.digest().equals(digest))
    throw badArchive(name, `content of "${path}" has another digest than its ADB says`);
}
