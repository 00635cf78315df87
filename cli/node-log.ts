/** The end of a node's console log, which QEMU writes. */
import { open } from 'node:fs/promises';
import { nodePaths } from '../providers/deploy';

/** Enough for twenty lines between records of the largest mesh. */
const tailSizeBytes = 256 * 1024;

/** The last bytes of the log; nothing when there is none. */
export async function readNodeLog(stateDir: string, node: string): Promise<Uint8Array> {
  const file = await open(nodePaths(stateDir, node).console, 'r').catch(whenMissing);
  if (file === undefined) return new Uint8Array();
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.min(size, tailSizeBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function whenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
