/**
 * The signed heartbeats behind the intervals in the ledger. One file an interval, below the state folder:
 *
 *     heartbeats/<end, milliseconds since 1970, 15 digits>-<CID of the interval's record>.gz
 *
 * It holds the heartbeats in the order of the interval's Merkle tree, a record line each (record.ts), in gzip, so that
 * `zcat` shows them. The file is written before its entry: every interval in the ledger had its heartbeats. They are
 * many, so the oldest files go when all together are too large; the entry stays, and so does every proof made before.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Cid, cidOfRaw, isCid, NexusError } from '../../model';
import { errorCode, makeFolder, writeDurably } from '../durable';
import { formatRecordLine, type HeartbeatRecord, isHeartbeat, parseRecordLine } from './record';

/** What all files together may take. */
export const heartbeatsSizeBytesMax = 256 * 1024 * 1024;
/** A file that unpacks to more is none of ours. */
const unpackedSizeBytesMax = 512 * 1024 * 1024;

const namePattern = /^(\d{15})-(b[a-z2-7]{58})\.gz$/;

/** A file of heartbeats by the record of its interval. */
export interface HeartbeatFile {
  readonly path: string;
  readonly record: Cid;
  readonly toMs: number;
}

export function heartbeatsFolder(stateDir: string): string {
  return join(resolve(stateDir), 'heartbeats');
}

/** Inverse: {@link parseHeartbeats}. */
export function formatHeartbeats(heartbeats: readonly HeartbeatRecord[]): string {
  return heartbeats.map((heartbeat) => `${formatRecordLine(heartbeat)}\n`).join('');
}

/** Inverse of {@link formatHeartbeats}. @throws NexusError `bad-record` */
export function parseHeartbeats(text: string): HeartbeatRecord[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const record = parseRecordLine(line);
      if (isHeartbeat(record)) return record;
      throw new NexusError('bad-record', 'Cannot read kept heartbeats: a boot record among them');
    });
}

/** Keeps the heartbeats of an interval, to last. @param record CID of the interval's record */
export async function keepHeartbeats(
  stateDir: string,
  { record, toMs }: Omit<HeartbeatFile, 'path'>,
  heartbeats: readonly HeartbeatRecord[],
  sizeBytesMax = heartbeatsSizeBytesMax,
): Promise<void> {
  const folder = heartbeatsFolder(stateDir);
  await makeFolder(folder);
  const packed = await promisify(gzip)(formatHeartbeats(heartbeats));
  await writeDurably(join(folder, `${String(toMs).padStart(15, '0')}-${record}.gz`), packed);
  await removeOldest(stateDir, sizeBytesMax);
}

/** The newest file stays, however large. */
async function removeOldest(stateDir: string, sizeBytesMax: number): Promise<void> {
  let sizeBytes = 0;
  for (const [at, { path }] of (await listHeartbeatFiles(stateDir)).entries()) {
    sizeBytes += await sizeOf(path);
    if (at > 0 && sizeBytes > sizeBytesMax) await rm(path, { force: true });
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** The newest first. */
export async function listHeartbeatFiles(stateDir: string): Promise<HeartbeatFile[]> {
  const folder = heartbeatsFolder(stateDir);
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  return names
    .sort()
    .reverse()
    .flatMap((name) => {
      const [, digits = '', record = ''] = namePattern.exec(name) ?? [];
      return isCid(record) ? [{ path: join(folder, name), record, toMs: Number(digits) }] : [];
    });
}

/** Undefined when the file went meanwhile. @throws NexusError `bad-heartbeats` */
async function readUnpacked(file: HeartbeatFile): Promise<string | undefined> {
  try {
    const options = { maxOutputLength: unpackedSizeBytesMax };
    return (await promisify(gunzip)(await readFile(file.path), options)).toString('utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw damagedFile(file, cause);
  }
}

function parsing<T>(file: HeartbeatFile, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw damagedFile(file, cause);
  }
}

function damagedFile({ path }: HeartbeatFile, cause: unknown): NexusError {
  return new NexusError('bad-heartbeats', 'Cannot read kept heartbeats: the file is damaged', {
    hint: 'Remove the file: the interval stays in the ledger, its single heartbeats are lost.',
    place: { file: path },
    cause,
  });
}

/** A kept heartbeat with all others of its interval. */
export interface FoundHeartbeat {
  readonly file: HeartbeatFile;
  readonly heartbeats: readonly HeartbeatRecord[];
  readonly index: number;
}

/** A heartbeat by the CID of its statement; of files without it no line is parsed. @throws NexusError `bad-heartbeats` */
export async function findHeartbeat(stateDir: string, cid: Cid): Promise<FoundHeartbeat | undefined> {
  for (const file of await listHeartbeatFiles(stateDir)) {
    const text = await readUnpacked(file);
    const index = text?.split('\n').findIndex((line) => cidOfLine(line) === cid) ?? -1;
    if (text !== undefined && index >= 0)
      return { file, heartbeats: parsing(file, () => parseHeartbeats(text)), index };
  }
  return undefined;
}

/** The statement is what follows the signature (record.ts). */
function cidOfLine(line: string): Cid {
  return cidOfRaw(Buffer.from(line.slice(line.indexOf('{')), 'utf8'));
}
