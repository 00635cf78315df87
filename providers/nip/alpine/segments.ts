/**
 * The parts of an apk v2 (apk-v2(5)) and of an `APKINDEX.tar.gz`: gzip members (RFC 1952) one after the other, each a
 * piece of one tar.
 *
 *     package   .SIGN.RSA.NAME | .PKGINFO and scripts | files
 *     index     .SIGN.RSA.NAME | DESCRIPTION, APKINDEX
 *
 * Signatures and digests are taken over compressed members, so where one ends has to be known: zlib's raw inflate stops
 * there. The signature's and the control's members are small, and bounded.
 */
import { constants, inflateRawSync } from 'node:zlib';
import { badArchive } from '../archive/failure';
import { readTar } from '../archive/tar';

/** What comes before a package's files, compressed; scripts are the bulk of it. */
export const headSizeBytesMax = 4 * 1024 * 1024;

export interface GzipMember {
  /** As they are in the file. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

/** The member at the start of the bytes. @throws NexusError `bad-archive` */
export function readGzipMember(bytes: Uint8Array, name: string): GzipMember {
  const start = headerSizeBytes(bytes, name);
  try {
    // With `info` the engine comes along, which knows how much it has read.
    const { buffer, engine } = inflateRawSync(bytes.subarray(start), {
      info: true,
      maxOutputLength: 16 * headSizeBytesMax,
      finishFlush: constants.Z_FINISH,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    const end = start + engine.bytesWritten + 8;
    if (end > bytes.length) throw new Error('its checksum is missing');
    return { bytes: bytes.subarray(0, end), content: new Uint8Array(buffer) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badArchive(name, `a gzip member cannot be read (${reason})`, error);
  }
}

/** Fixed 10 bytes, then what the flags say: extra field, name, comment, checksum. */
function headerSizeBytes(bytes: Uint8Array, name: string): number {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8)
    throw badArchive(name, 'no gzip member where one should start');
  const flags = bytes[3] ?? 0;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[10] ?? 0) + 256 * (bytes[11] ?? 0);
  for (const flag of [8, 16])
    if ((flags & flag) !== 0) {
      const end = bytes.indexOf(0, at);
      at = end < 0 ? bytes.length : end + 1;
    }
  return (flags & 2) === 0 ? at : at + 2;
}

export interface TarFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** The files of a small tar that may lack its end. @throws NexusError `bad-archive` */
export async function readSmallTar(content: Uint8Array, name: string): Promise<readonly TarFile[]> {
  const files: TarFile[] = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    yield content;
  }
  for await (const entry of readTar(source(), name)) {
    if (entry.type !== 'file') continue;
    const parts: Uint8Array[] = [];
    for await (const part of entry.content) parts.push(part);
    files.push({ path: entry.path, content: new Uint8Array(Buffer.concat(parts)) });
  }
  return files;
}
