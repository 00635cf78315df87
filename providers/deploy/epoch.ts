/**
 * `node.epoch`: the highest count of starts that was ever given to a machine with this node's key, in decimal.
 *
 * Peers take no hello of an epoch below the last one that they heard from a key (docs/utcp.md), so the count must live
 * as long as the key does: longer than `node.json`, which goes with the deployment.
 */
import { readFile } from 'node:fs/promises';
import { NexusError } from '../../model';
import { errorCode, writeDurably } from '../durable';
import type { NodePaths } from './state-folder';

/** The last epoch, or 0n when the node was never started. @throws NexusError `bad-epoch-file` */
export async function readLastEpoch({ epoch: file }: NodePaths): Promise<bigint> {
  let text: string;
  try {
    text = await readFile(file, 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0n;
    throw error;
  }
  if (/^(0|[1-9]\d{0,19})\n$/.test(text)) return BigInt(text.trim());
  throw new NexusError(
    'bad-epoch-file',
    `Cannot read the count of starts in "${file}": expected a decimal number in one line`,
    {
      hint: "Write the highest epoch of the node's boot records into it, as `nexus log --kind boot` shows.",
      place: { file },
    },
  );
}

/** To be durable before a machine with this epoch starts. Inverse: {@link readLastEpoch}. */
export async function writeLastEpoch({ epoch: file }: NodePaths, epoch: bigint): Promise<void> {
  await writeDurably(file, `${epoch}\n`);
}
