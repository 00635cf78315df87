/** The end of a node's console log, which QEMU writes. */
import { open } from 'node:fs/promises';
import { nodePaths } from '../providers/deploy';

/** Enough for twenty lines between records of the largest mesh. */
const tailSizeBytes = 256 * 1024;
const newline = 0x0a;

/** The last lines of the log, whole ones; nothing when there is none. */
export async function readNodeLog(stateDir: string, node: string): Promise<Uint8Array> {
  const file = await open(nodePaths(stateDir, node).console, 'r').catch(whenMissing);
  if (file === undefined) return new Uint8Array();
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.min(size, tailSizeBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    const read = bytes.subarray(0, bytesRead);
    return size > bytes.length ? read.subarray(read.indexOf(newline) + 1) : read;
  } finally {
    await file.close();
  }
}

function whenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
