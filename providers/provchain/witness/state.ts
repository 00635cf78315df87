/**
 * What a witness must not forget: for each log the newest checkpoint that it cosigned, with its cosignature.
 *
 *     logs/<SHA-256 of the origin, hex>/00000017      the 17th; the highest number counts
 *
 * A file is made whole and to last before its cosignature is given out, and never changed. To go on from number 17 is
 * to create number 18, which of several processes one can do. One that slept may find 18 free again, since older
 * numbers are removed; but then it sees a higher one, which is there before a lower one goes, and has lost. So two
 * processes that share a folder by mistake do not cosign two histories, nor does one that was killed.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NexusError, quote, sha256 } from '../../../model';
import { createDurably, errorCode, makeFolder, sweepTemporaries, syncFolder } from '../../durable';
import { type Checkpoint, openCheckpoint, type TreeHead } from '../formats/checkpoint';
import { type NoteVerifier, openNote } from '../formats/note';
import { emptyRoot } from '../tree/tree';

/** The newest cosigned checkpoint of a log. */
export interface WitnessedHead extends TreeHead {
  /** 0 when there is none. */
  readonly number: number;
  /** The note with our cosignature; empty when there is none. */
  readonly note: string;
}

const none: WitnessedHead = { number: 0, size: 0, root: emptyRoot, note: '' };

/** The hash that names a log in paths. */
export function originHash(origin: string): string {
  return Buffer.from(sha256(Buffer.from(origin))).toString('hex');
}

export interface LogStateOptions {
  /** Of the witness; the log's own folder is made below it. */
  readonly folder: string;
  readonly origin: string;
  /** Keys of the log. */
  readonly verifiers: readonly NoteVerifier[];
}

/** The memory of one log. */
export class LogState {
  readonly #folder: string;
  readonly #options: LogStateOptions;
  #newest = none;

  private constructor(options: LogStateOptions) {
    this.#options = options;
    this.#folder = join(options.folder, 'logs', originHash(options.origin));
  }

  static async open(options: LogStateOptions): Promise<LogState> {
    const state = new LogState(options);
    await makeFolder(state.#folder);
    await sweepTemporaries(state.#folder);
    await state.newest();
    return state;
  }

  /** @throws NexusError `witness-damaged` */
  async newest(): Promise<WitnessedHead> {
    const number = await this.#newestNumber();
    if (number === this.#newest.number) return this.#newest;
    // Another process made it, and may not have synced its name yet: what we say of it must last.
    await syncFolder(this.#folder);
    this.#newest = await this.#read(number);
    return this.#newest;
  }

  async #newestNumber(): Promise<number> {
    const names = await readdir(this.#folder);
    return Math.max(0, ...names.filter((name) => /^\d{8,15}$/.test(name)).map(Number));
  }

  async #read(number: number): Promise<WitnessedHead> {
    const file = this.#file(number);
    try {
      const bytes = await readFile(file);
      const { size, root, note } = this.#open(bytes);
      return { number, size, root, note };
    } catch (cause) {
      // Removed since it was listed: then there is a newer one.
      if (errorCode(cause) === 'ENOENT' && (await this.#newestNumber()) > number)
        return this.#read(await this.#newestNumber());
      throw damagedState(file, cause);
    }
  }

  #open(bytes: Uint8Array): Checkpoint {
    const { origin, verifiers } = this.#options;
    const [verifier] = openNote(bytes, verifiers).verifiedBy;
    return openCheckpoint(bytes, verifier ?? { name: origin, publicKey: new Uint8Array() });
  }

  #file(number: number): string {
    return join(this.#folder, String(number).padStart(8, '0'));
  }

  /** Makes a later head the newest, to last. @returns false when another process was faster, and nothing was done */
  async advance(from: WitnessedHead, head: TreeHead & { readonly note: string }): Promise<boolean> {
    const number = from.number + 1;
    const file = this.#file(number);
    if (!(await createDurably(file, head.note))) return false;
    if ((await this.#newestNumber()) !== number) {
      await rm(file, { force: true });
      return false;
    }
    this.#newest = { number, size: head.size, root: head.root, note: head.note };
    // It costs space and no more when this fails.
    await rm(this.#file(from.number), { force: true }).catch(() => undefined);
    return true;
  }
}

function damagedState(file: string, cause: unknown): NexusError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NexusError('witness-damaged', `Cannot trust the witness's ${quote(file)}: ${reason}`, {
    hint: 'Restore it from a copy. A witness that forgets what it cosigned could cosign a second history.',
    cause,
  });
}
