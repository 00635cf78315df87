/**
 * The image file of a slot. A running machine has its image in memory, so that a file which was changed since shows in
 * no boot record: it would in the next one.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cidOfRaw } from '../../model';
import { errorCode, writeDurably } from '../durable';
import type { SlotContent } from './node-record';
import { type Slot, slotFile } from './state-folder';

/** Whether the file of a slot has the bytes of its CID. @param folder that of the node */
export async function isSlotWhole(
  folder: string,
  slot: Slot,
  { imageCid, imageSizeBytes }: Pick<SlotContent, 'imageCid' | 'imageSizeBytes'>,
): Promise<boolean> {
  const path = join(folder, slotFile(slot));
  try {
    if ((await stat(path)).size !== imageSizeBytes) return false;
    return cidOfRaw(await readFile(path)) === imageCid;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

export async function writeSlot(folder: string, slot: Slot, imageBytes: Uint8Array): Promise<void> {
  await writeDurably(join(folder, slotFile(slot)), imageBytes);
}
