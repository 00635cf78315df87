/**
 * xz(1), where the machine has it: it decodes in a process of its own, one and a half times as fast as WebAssembly does in
 * this one (docs/decisions/0015-xz-and-threads.md). The same bytes come out.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from './bytes';

/** For less, starting a process takes longer than decoding here. */
export const smallSizeBytes = 256 * 1024;

/** Whether there is an `xz` in the PATH. */
export function hasXz(path = process.env.PATH ?? ''): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'xz'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The decoded bytes. @throws Error with what xz says */
export async function* unxzByProgram(source: Bytes): AsyncGenerator<Uint8Array> {
  const args = ['--decompress', '--stdout', '--threads=1', '--memlimit-decompress=256MiB'];
  const child = spawn('xz', args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { LC_ALL: 'C', PATH: process.env.PATH ?? '' },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // Looked at below; until then it must not count as unhandled.
  ended.catch(() => undefined);
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString('latin1')).slice(-500);
  });
  let sourceError: unknown;
  const fed = pipeline(
    noted(source, (error) => (sourceError = error)),
    child.stdin,
  ).catch(() => undefined);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const status = await ended;
    await fed;
    if (sourceError !== undefined) throw sourceError;
    if (status !== 0) throw new Error(said.replace(/^xz: /, '').trim() || `xz ended with ${status}`);
  } finally {
    child.kill();
  }
}

async function* noted(source: Bytes, note: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    note(error);
    throw error;
  }
}
