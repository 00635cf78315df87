/**
 * The first commit. A ledger comes into being by rename(2) of a complete folder to its place, which fails when a ledger
 * is there already: of two processes that start at once both open the same one.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NexusError, quote } from '../../../model';
import { errorCode } from '../../durable';
import { signCheckpoint } from '../formats/checkpoint';
import type { Random, SigningKey } from '../keys/key';
import { formatCommit } from '../storage/commit';
import { diskFiles, type LedgerFiles } from '../storage/files';
import { markerFile } from '../storage/folder-storage';
import { noHead } from '../storage/head';
import {
  checkpointFile,
  commitFile,
  commitsFolder,
  flushedFile,
  recordsFolder,
  temporaryFolder,
} from '../storage/layout';
import { emptyRoot } from '../tree/tree';

export interface CreateLedgerOptions {
  readonly folder: string;
  readonly log: SigningKey;
  readonly clock: () => number;
  readonly random: Random;
}

/** Makes the ledger unless it exists. @throws NexusError `not-a-ledger` when the folder has something else */
export async function createLedger({ folder, log, clock, random }: CreateLedgerOptions): Promise<void> {
  if (await isLedger(folder)) return;
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  await removeOldDrafts(folder, clock());
  const draft = join(parent, `${draftPrefix(folder)}${clock()}-${Buffer.from(random(8)).toString('hex')}`);
  await mkdir(draft);
  try {
    await writeEmptyLog(diskFiles(draft), log, random);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
  }
  if (!(await isLedger(folder))) throw notALedger(folder);
  await diskFiles(parent).syncFolder('');
}

async function isLedger(folder: string): Promise<boolean> {
  return (await diskFiles(folder).list(commitsFolder)) !== undefined;
}

function notALedger(folder: string): NexusError {
  return new NexusError(
    'not-a-ledger',
    `Cannot open ledger ${quote(folder)}: its folder has other files, expected none`,
    {
      hint: 'Name an empty folder, or one that does not exist.',
    },
  );
}

/** The files of a log without entries. */
export async function writeEmptyLog(files: LedgerFiles, log: SigningKey, random: Random): Promise<void> {
  const tree = { size: 0, root: emptyRoot };
  const nonce = Buffer.from(random(16)).toString('hex');
  const { id, bytes } = formatCommit({ base: noHead, tree, nonce, records: [] }, log);
  const note = Buffer.from(signCheckpoint(tree, log));
  const folders = [commitsFolder, recordsFolder, temporaryFolder, 'tile'];
  for (const folder of folders) await files.makeFolder(folder);
  await makeFile(files, commitFile(id), bytes);
  await makeFile(files, markerFile({ size: 0, id }, noHead), new Uint8Array());
  for (const file of [flushedFile, checkpointFile]) await makeFile(files, file, note);
  for (const folder of [...folders, '']) await files.syncFolder(folder);
}

async function makeFile(files: LedgerFiles, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.create(path, bytes);
  await file.sync().finally(() => file.close());
}

const draftAgeMsMax = 60 * 60 * 1000;
const draftPrefix = (folder: string): string => `.${basename(folder)}.new-`;

/** What processes that died while making a ledger have left. */
async function removeOldDrafts(folder: string, nowMs: number): Promise<void> {
  const prefix = draftPrefix(folder);
  for (const name of await readdir(dirname(folder))) {
    const isOld =
      name.startsWith(prefix) && Number(name.slice(prefix.length).split('-')[0]) < nowMs - draftAgeMsMax;
    if (isOld) await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}
