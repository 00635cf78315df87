/** `nexus verify IMAGE`: a file or a CID against the ledger and the store. */
import { readFile, stat } from 'node:fs/promises';
import { type Cid, cidOfRaw, NexusError } from '../model';
import { parseImage, rumpkLimits } from '../providers/factory';
import { BlockStore } from '../providers/store';
import { type Check, checkRecord } from './check';
import type { LedgerBook } from './ledger-book';
import { formatBytes } from './output';
import { shortCid } from './words';

/** A file of any name: is it an image, and one that the deployer built? */
export async function verifyImageFile(file: string, path: string, book: LedgerBook): Promise<Check[]> {
  const bytes = await readBounded(path);
  const format = { about: file, name: 'format', ...checkFormat(bytes) };
  if (bytes === undefined) return [format];
  return [format, await checkArtifact(file, cidOfRaw(bytes), bytes.length, book)];
}

/** What is longer than any image is none, and is not read. */
async function readBounded(path: string): Promise<Uint8Array | undefined> {
  return (await stat(path)).size > rumpkLimits.imageSizeBytes ? undefined : readFile(path);
}

function checkFormat(bytes: Uint8Array | undefined): Pick<Check, 'ok' | 'detail'> {
  if (bytes === undefined)
    return { ok: false, detail: `longer than ${formatBytes(rumpkLimits.imageSizeBytes)}` };
  try {
    const names = parseImage(bytes).cells.map(({ name }) => name);
    return {
      ok: true,
      detail: `an image of Rumpk with cell ${names.join(', ')}, ${formatBytes(bytes.length)}`,
    };
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    return { ok: false, detail: error.message };
  }
}

/** An image or a cell by its CID. The store may lack it, as on another machine; what it has must be whole. */
export async function verifyArtifact(cid: Cid, book: LedgerBook, storeFolder: string): Promise<Check[]> {
  const store = await BlockStore.open(storeFolder);
  const about = shortCid(cid);
  const artifact = await checkArtifact(about, cid, undefined, book);
  if (!(await store.has(cid))) return [artifact];
  const bytes = await store.get(cid).catch((error: unknown) => {
    if (error instanceof NexusError) return error;
    throw error;
  });
  const isWhole = !(bytes instanceof NexusError);
  const detail = isWhole
    ? `its ${formatBytes(bytes.length)} in the store are those of its CID`
    : bytes.message;
  return [artifact, { about, name: 'block', ok: isWhole, detail }];
}

async function checkArtifact(
  about: string,
  cid: Cid,
  sizeBytes: number | undefined,
  book: LedgerBook,
): Promise<Check> {
  const entry = book.findArtifact(cid);
  const predicate = entry?.statement.predicate;
  if (predicate !== undefined && sizeBytes !== undefined && predicate.sizeBytes !== sizeBytes) {
    const detail = `the ledger says ${formatBytes(predicate.sizeBytes)}, the file has ${formatBytes(sizeBytes)}`;
    return { about, name: 'built', ok: false, detail };
  }
  return checkRecord({ about, name: 'built' }, entry, book, {
    found: `the deployer built it as ${predicate?.kind} ${predicate?.name}`,
    missing: `the ledger has no build of ${cid}`,
  });
}
