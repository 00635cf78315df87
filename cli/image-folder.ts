/**
 * A Linux image as a folder, for whoever boots it without us:
 *
 *     vmlinuz  initrd  root.img  command-line
 *
 * `initrd` is the image's initramfs with its manifest behind it; the machine has no identity.
 * It is made beside its place and moved there at the end: there is all of it or nothing.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { type Cid, NexusError } from '../model';
import { errorCode } from '../providers/durable';
import { type BuiltLinuxImage, formatImageManifest, formatNodeInitrd } from '../providers/factory';
import type { BlockStore } from '../providers/store';

/** @throws NexusError `output-failed` */
export async function writeImageFolder(
  image: BuiltLinuxImage,
  output: string,
  store: BlockStore,
): Promise<void> {
  const draft = await mkdtemp(join(dirname(output), `.${basename(output)}-`)).catch((cause: unknown) => {
    throw failed(output, cause);
  });
  try {
    await writeParts(image, draft, store);
    await mkdir(output).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    // Replaces an empty folder, and no other.
    await rename(draft, output);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    throw cause instanceof NexusError ? cause : failed(output, cause);
  }
}

async function writeParts({ manifest }: BuiltLinuxImage, folder: string, store: BlockStore): Promise<void> {
  await copyBlock(manifest.kernel.part, join(folder, 'vmlinuz'), store);
  await copyBlock(manifest.root.part, join(folder, 'root.img'), store);
  const initramfs = await store.get(manifest.initramfs.part);
  await writeFile(join(folder, 'initrd'), formatNodeInitrd(initramfs, formatImageManifest(manifest).bytes));
  await writeFile(join(folder, 'command-line'), `${manifest.commandLine}\n`);
}

async function copyBlock(part: Cid, path: string, store: BlockStore): Promise<void> {
  const file = createWriteStream(path);
  for await (const piece of store.getStream(part)) if (!file.write(piece)) await once(file, 'drain');
  file.end();
  await finished(file);
}

function failed(output: string, cause: unknown): NexusError {
  const isTaken = ['ENOTEMPTY', 'EEXIST'].includes(errorCode(cause) ?? '');
  const reason = isTaken ? 'the folder is not empty' : cause instanceof Error ? cause.message : String(cause);
  return new NexusError('output-failed', `Cannot write "${output}": ${reason}`, {
    cause,
    hint: 'Name a folder that does not exist; the image is in the store all the same.',
  });
}
