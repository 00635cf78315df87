/**
 * Where the index is kept (index-segment.ts): files below `index/` of a ledger's folder. It can be removed at any time,
 * so no write is synced; what a power cut spoils fails its check and is built again.
 */
import { closeSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '../keys/key';
import { temporaryFolder } from '../storage/layout';

/** Paths are below the ledger's folder. Every operation may throw. */
export interface IndexFolder {
  /** A part of a file, less at its end. @throws when there is none */
  read(path: string, at: number, sizeBytes: number): Uint8Array;
  /** Makes or replaces a file, seen whole or not at all. Undefined for who only reads. */
  readonly write: ((path: string, bytes: Uint8Array) => void) | undefined;
  remove(path: string): void;
}

/** Names of drafts, which the ledger sweeps (folder-storage.ts). */
export interface DraftNames {
  readonly clock: () => number;
  readonly random: Random;
}

/** @param drafts undefined for who only reads */
export function diskIndexFolder(folder: string, drafts: DraftNames | undefined): IndexFolder {
  return {
    read: (path, at, sizeBytes) => readPart(join(folder, path), at, sizeBytes),
    write: drafts && ((path, bytes) => replaceFile(folder, path, bytes, drafts)),
    remove: (path) => rmSync(join(folder, path), { force: true }),
  };
}

function readPart(file: string, at: number, sizeBytes: number): Uint8Array {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = new Uint8Array(sizeBytes);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, sizeBytes, at));
  } finally {
    closeSync(descriptor);
  }
}

function replaceFile(folder: string, path: string, bytes: Uint8Array, { clock, random }: DraftNames): void {
  const name = `${clock()}-${Buffer.from(random(8)).toString('hex')}`;
  const draft = join(folder, temporaryFolder, name);
  try {
    writeFileSync(draft, bytes, { flag: 'wx', mode: 0o644 });
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    renameSync(draft, join(folder, path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
