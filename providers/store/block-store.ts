/**
 * The block store: a folder of immutable blocks, each named by the CID of its bytes.
 *
 *     FOLDER/36/bafkrei…36e    a block; the folder is the last two characters but one of its CID
 *     FOLDER/temporary/        writes under way
 *
 * A block that can be read is whole: each read takes the hash again. Several processes may use one folder.
 * Small blocks are read without leaving this thread: a plan reads two or more for every cell, and the way to another
 * thread and back takes ten times as long as the kernel's cache does.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Cid, type Codec, cidFromDigest, codecOfCid, isCid, NexusError, sha256 } from '../../model';
import {
  createTemporary,
  errorCode,
  makeFolder,
  sweepTemporaries,
  syncFolder,
  writeDurably,
} from '../durable';

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
}

export class BlockStore {
  /** Folders that this process has seen or made. */
  readonly #folders = new Set<string>();

  private constructor(readonly folder: string) {}

  /** Opens the store; its folder is made by the first write. What killed processes left is removed. */
  static async open(folder: string): Promise<BlockStore> {
    const store = new BlockStore(folder);
    await sweepTemporaries(store.#temporaryFolder);
    return store;
  }

  /** Stores bytes so that they outlast a power cut. @returns their CID */
  async put(codec: Codec, bytes: Uint8Array): Promise<Cid> {
    const cid = cidFromDigest(codec, sha256(bytes));
    if (await this.#holds(cid, bytes)) return cid;
    await makeFolder(dirname(this.pathOf(cid)));
    await writeDurably(this.pathOf(cid), bytes, { temporaryFolder: this.#temporaryFolder });
    return cid;
  }

  /** Stores raw bytes of any size, a piece at a time. An error of the source leaves nothing behind. */
  async putStream(source: ByteSource, { isDurable = true }: PutStreamOptions = {}): Promise<StreamedBlock> {
    await this.#makeFolderOnce(this.#temporaryFolder);
    const { path, handle } = await createTemporary(this.#temporaryFolder);
    try {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      try {
        for await (const piece of source) {
          hash.update(piece);
          sizeBytes += piece.length;
          await handle.writeFile(piece);
        }
        if (isDurable) await handle.sync();
      } finally {
        await handle.close();
      }
      const cid = cidFromDigest('raw', new Uint8Array(hash.digest()));
      await this.#place(path, cid, isDurable);
      return { cid, sizeBytes };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
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
    if (!(await this.has(cid))) throw missingBlock(cid, this.folder);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(this.pathOf(cid)) as AsyncIterable<Uint8Array>) {
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
    if (cidFromDigest(codecOfCid(cid), sha256(bytes)) === cid) return bytes;
    throw corruptBlock(cid, this.pathOf(cid));
  }

  /** Whether there is a file for the block; only {@link get} says whether it is whole. */
  async has(cid: Cid): Promise<boolean> {
    return this.#sizeBytes(cid) !== undefined;
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

  get #temporaryFolder(): string {
    return join(this.folder, 'temporary');
  }

  /** Whether the same bytes lie there already: a block that went bad on the disk is written again. */
  async #holds(cid: Cid, bytes: Uint8Array): Promise<boolean> {
    if (this.#sizeBytes(cid) !== bytes.length) return false;
    const existing = await this.#read(cid);
    return existing !== undefined && Buffer.compare(existing, bytes) === 0;
  }

  #sizeBytes(cid: Cid): number | undefined {
    const status = statSync(this.pathOf(cid), { throwIfNoEntry: false });
    return status?.isFile() === true ? status.size : undefined;
  }

  async #read(cid: Cid): Promise<Uint8Array | undefined> {
    const sizeBytes = this.#sizeBytes(cid);
    if (sizeBytes === undefined) return undefined;
    if (sizeBytes > blockSizeBytesMax) throw corruptBlock(cid, this.pathOf(cid));
    const path = this.pathOf(cid);
    return new Uint8Array(sizeBytes > smallBlockSizeBytes ? await readFile(path) : readFileSync(path));
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
