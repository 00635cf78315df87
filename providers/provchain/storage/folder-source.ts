/**
 * A tiled log in a folder that somebody else may have filled: regular files only, of a bounded size. A pipe would never
 * end, a device may be endless, a directory is none; each counts as damage.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../durable';
import { damaged } from './damage';
import type { LogSource } from './storage';

export function folderSource(folder: string): LogSource {
  return { read: (path, sizeBytesMax) => readRegular(join(folder, path), path, sizeBytesMax) };
}

const absentCodes: readonly unknown[] = ['ENOENT', 'ENOTDIR'];

async function readRegular(
  file: string,
  path: string,
  sizeBytesMax: number,
): Promise<Uint8Array | undefined> {
  // Not to wait for the other end of a pipe.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (absentCodes.includes(errorCode(error))) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw damaged(path, 'not a regular file');
    if (status.size > sizeBytesMax)
      throw damaged(path, `${status.size} bytes, expected at most ${sizeBytesMax}`);
    const bytes = new Uint8Array(status.size);
    const { bytesRead } = await handle.read(bytes, 0, status.size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
