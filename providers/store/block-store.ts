/**
 * The block store: a folder of immutable blocks, each named by the CID of its bytes.
 *
 *     FOLDER/36/bafkrei…36e    a block; the folder is the last two characters but one of its CID
 *     FOLDER/temporary/        writes under way
 *     FOLDER/in-use/           a mark for each process that writes or relies on what is there (in-use.ts)
 *     FOLDER/condemned/        blocks that a sweep is just looking at for the last time (sweep.ts)
 *
 * A block that can be read is whole: each read takes the hash again. Several processes may use one folder, and a sweep
 * may run beside them: `put` and `has` touch a block that is there already, so that no sweep takes it for old. Whoever
 * relies on a block has put it, or asked for it with `has`, or found it under something that is a root of the sweep.
 * Small blocks are read without leaving this thread: a plan reads two or more for every cell, and the way to another
 * thread and back takes ten times as long as the kernel's cache does.
 */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type Cid,
  type Codec,
  cidFromDigest,
  codecOfCid,
  digestOfCid,
  isCid,
  NexusError,
  sha256,
} from '../../model';
import {
  createTemporary,
  errorCode,
  makeFolder,
  sweepTemporaries,
  syncFolder,
  temporaryPath,
  writeDurably,
} from '../durable';
import { InUseMark, touchAfterMs, unlessReadOnly } from './in-use';

/** The largest block that is read into memory. */
const blockSizeBytesMax = 1024 * 1024 * 1024;
const smallBlockSizeBytes = 256 * 1024;

/** Bytes from outside, piece by piece. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface StreamedBlock {
  readonly cid: Cid;
  readonly sizeBytes: number;
}

export interface PutStreamOptions {
  /**
   * Waits until the block outlasts a power cut. Without it a power cut may leave a torn block, which the next read
   * finds: enough for what is made again from something durable, such as the files of a package.
   * @default true
   */
  readonly isDurable?: boolean;
  /** What the bytes must be; others are not kept. @default whatever they are */
  readonly expected?: Cid | undefined;
}

export class BlockStore {
  /** Folders that this process has seen or made. */
  readonly #folders = new Set<string>();
  readonly #mark: InUseMark;

  private constructor(readonly folder: string) {
    this.#mark = new InUseMark(folder);
  }

  /** Opens the store; its folder is made by the first write. What killed processes left is removed. */
  static async open(folder: string): Promise<BlockStore> {
    const store = new BlockStore(folder);
    await sweepTemporaries(store.#temporaryFolder);
    return store;
  }

  /** Stores bytes so that they outlast a power cut. @returns their CID */
  async put(codec: Codec, bytes: Uint8Array): Promise<Cid> {
    const cid = cidFromDigest(codec, sha256(bytes));
    this.#mark.set();
    if (await this.#holds(cid, bytes)) if (this.#touch(cid)) return cid;
    await makeFolder(dirname(this.pathOf(cid)));
    await writeDurably(this.pathOf(cid), bytes, { temporaryFolder: this.#temporaryFolder });
    return cid;
  }

  /**
   * Stores raw bytes of any size, a piece at a time. An error of the source leaves nothing behind.
   * @throws NexusError `wrong-block` where they are not the ones that were expected
   */
  async putStream(
    source: ByteSource,
    { isDurable = true, expected }: PutStreamOptions = {},
  ): Promise<StreamedBlock> {
    this.#mark.set();
    await this.#makeFolderOnce(this.#temporaryFolder);
    const { head, rest } = await takeHead(source, isDurable ? 0 : smallBlockSizeBytes);
    if (rest === undefined) return this.#putSmall(head, expected);
    const { path, handle } = await createTemporary(this.#temporaryFolder);
    try {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      try {
        for await (const piece of joined(head, rest)) {
          hash.update(piece);
          sizeBytes += piece.length;
          await handle.writeFile(piece);
        }
        if (isDurable) await handle.sync();
      } finally {
        await handle.close();
      }
      const cid = checkedCid(new Uint8Array(hash.digest()), expected);
      await this.#place(path, cid, isDurable);
      return { cid, sizeBytes };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** What need not last and is small goes the short way, through the kernel's cache: packages have ten thousands of files. */
  async #putSmall(bytes: Uint8Array, expected: Cid | undefined): Promise<StreamedBlock> {
    const cid = checkedCid(sha256(bytes), expected);
    const path = this.pathOf(cid);
    await this.#makeFolderOnce(dirname(path));
    const temporary = temporaryPath(this.#temporaryFolder);
    try {
      writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600 });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    return { cid, sizeBytes: bytes.length };
  }

  async #place(temporary: string, cid: Cid, isDurable: boolean): Promise<void> {
    const path = this.pathOf(cid);
    await this.#makeFolderOnce(dirname(path));
    await rename(temporary, path);
    if (isDurable) await syncFolder(dirname(path));
  }

  async #makeFolderOnce(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    await makeFolder(folder);
    this.#folders.add(folder);
  }

  /** The bytes of a raw block, piece by piece. @throws NexusError as {@link get}, after the last piece where it is torn */
  async *getStream(cid: Cid): AsyncGenerator<Uint8Array> {
    if (!existsSync(this.#readPath(cid))) throw missingBlock(cid, this.folder);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(this.#readPath(cid)) as AsyncIterable<Uint8Array>) {
      hash.update(piece);
      yield piece;
    }
    if (cidFromDigest(codecOfCid(cid), new Uint8Array(hash.digest())) !== cid)
      throw corruptBlock(cid, this.pathOf(cid));
  }

  /** @throws NexusError `missing-block`, or `corrupt-block` when the bytes are not those of the CID */
  async get(cid: Cid): Promise<Uint8Array> {
    const bytes = await this.#read(cid);
    if (bytes === undefined) throw missingBlock(cid, this.folder);
    if (Buffer.compare(digestOfCid(cid), sha256(bytes)) === 0) return bytes;
    throw corruptBlock(cid, this.pathOf(cid));
  }

  /** Whether there is a file for the block, and no sweep takes it soon; only {@link get} says whether it is whole. */
  async has(cid: Cid): Promise<boolean> {
    this.#mark.set();
    return this.#touch(cid);
  }

  /** Size of the block's file; undefined where there is none. Unlike {@link has} it claims nothing. */
  sizeBytesOf(cid: Cid): number | undefined {
    const status = statSync(this.pathOf(cid), { throwIfNoEntry: false });
    return status?.isFile() === true ? status.size : undefined;
  }

  /** The CIDs of all blocks, sorted. */
  async list(): Promise<readonly Cid[]> {
    const folders = (await namesIn(this.folder)).filter((name) => name.length === 2);
    const names = await Promise.all(folders.map((name) => namesIn(join(this.folder, name))));
    return names.flat().filter(isCid).sort();
  }

  /** Where the block lies, or would. */
  pathOf(cid: Cid): string {
    return join(this.folder, cid.slice(-3, -1), cid);
  }

  /** Where the block lies while a sweep decides. */
  condemnedPathOf(cid: Cid): string {
    return join(this.condemnedFolder, cid);
  }

  get condemnedFolder(): string {
    return join(this.folder, 'condemned');
  }

  get #temporaryFolder(): string {
    return join(this.folder, 'temporary');
  }

  /** Whether the same bytes lie there already: a block that went bad on the disk is written again. */
  async #holds(cid: Cid, bytes: Uint8Array): Promise<boolean> {
    if (this.sizeBytesOf(cid) !== bytes.length) return false;
    const existing = await this.#read(cid);
    return existing !== undefined && Buffer.compare(existing, bytes) === 0;
  }

  /** Makes the block new again in the eyes of a sweep. @returns whether it is there */
  #touch(cid: Cid): boolean {
    const path = this.pathOf(cid);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isFile() !== true) return false;
    const now = Date.now();
    if (now - status.mtimeMs < touchAfterMs) return true;
    try {
      unlessReadOnly(() => utimesSync(path, now / 1000, now / 1000));
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** A sweep that finds a block touched puts it back at once; until then it lies where the sweep has it. */
  #readPath(cid: Cid): string {
    const path = this.pathOf(cid);
    const condemned = this.condemnedPathOf(cid);
    return !existsSync(path) && existsSync(condemned) ? condemned : path;
  }

  async #read(cid: Cid): Promise<Uint8Array | undefined> {
    const path = this.#readPath(cid);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isFile() !== true) return undefined;
    if (status.size > blockSizeBytesMax) throw corruptBlock(cid, path);
    try {
      return new Uint8Array(status.size > smallBlockSizeBytes ? await readFile(path) : readFileSync(path));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function wrongBlock(expected: Cid, current: Cid): NexusError {
  return new NexusError(
    'wrong-block',
    `Cannot store block "${expected}": the bytes are those of "${current}"`,
    {
      hint: 'Whoever sent them is broken or hostile: nothing of it was kept.',
    },
  );
}

function missingBlock(cid: Cid, folder: string): NexusError {
  return new NexusError('missing-block', `Cannot read block "${cid}": not in the store "${folder}"`, {
    hint: 'Build it again, or copy the store of the machine that built it.',
  });
}

function corruptBlock(cid: Cid, path: string): NexusError {
  return new NexusError(
    'corrupt-block',
    `Cannot read block "${cid}": its bytes are not those of its CID, so it was changed or the disk is failing`,
    { hint: `Remove "${path}" and build again, which writes it anew.`, place: { file: path } },
  );
}

/** The first bytes of a source, and what comes after them; undefined when that was all. */
async function takeHead(
  source: ByteSource,
  sizeBytesMax: number,
): Promise<{ readonly head: Uint8Array; readonly rest: AsyncGenerator<Uint8Array> | undefined }> {
  const pieces = piecesOf(source);
  const taken: Uint8Array[] = [];
  let sizeBytes = 0;
  while (sizeBytes <= sizeBytesMax) {
    const { value, done } = await pieces.next();
    if (done === true) return { head: Buffer.concat(taken), rest: sizeBytesMax === 0 ? pieces : undefined };
    taken.push(value);
    sizeBytes += value.length;
  }
  return { head: Buffer.concat(taken), rest: pieces };
}

async function* piecesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  yield* source;
}

async function* joined(head: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

function checkedCid(digest: Uint8Array, expected: Cid | undefined): Cid {
  const cid = cidFromDigest(expected === undefined ? 'raw' : codecOfCid(expected), digest);
  if (expected !== undefined && cid !== expected) throw wrongBlock(expected, cid);
  return cid;
}
