/**
 * Several processes over one disk in memory, one system call at a time, in an order that a seed decides. The same seed
 * gives the same run: time, randomness and sleep are part of it.
 */
import { createStatement, type Statement } from '../../../model';
import { type Ledger, signingKeyFromSeed } from '../../../providers/provchain';
import type { SigningKey } from '../../../providers/provchain/keys/key';
import { writeEmptyLog } from '../../../providers/provchain/log/create';
import { startLedger } from '../../../providers/provchain/log/ledger';
import type { WriterContext } from '../../../providers/provchain/log/settle';
import { FolderStorage } from '../../../providers/provchain/storage/folder-storage';
import { type Gate, MemoryDisk } from './memory-disk';

/** Numbers from 0 up to 1 (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const bytesOf =
  (random: () => number) =>
  (sizeBytes: number): Uint8Array =>
    Uint8Array.from({ length: sizeBytes }, () => Math.floor(random() * 256));

export const deployer = signingKeyFromSeed(new Uint8Array(32).fill(7), 'deployer');
export const logKey = signingKeyFromSeed(new Uint8Array(32).fill(8), 'log');

let draftCount = 0;

/** A ledger's folder on a disk in memory; no two drafts have one name. */
export function storageOf(disk: MemoryDisk, gate?: Gate): FolderStorage {
  const random = (sizeBytes: number): Uint8Array => {
    const bytes = Buffer.alloc(sizeBytes);
    bytes.writeUIntBE(++draftCount, sizeBytes - 6, 6);
    return bytes;
  };
  return new FolderStorage(disk.files(gate), { clock: () => 0, random });
}

/** Statement number n; each has another CID. */
export function statementOf(number: number): Statement {
  const key = number.toString(16).padStart(64, '0');
  return createStatement('key', { role: 'node', name: `n${number}`, key });
}

const preparedDisks = new Map<number, MemoryDisk>();

async function prepareDisk(size: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const random = bytesOf(randomOf(size));
  await writeEmptyLog(disk.files(), logKey, random);
  const context = { storage: storageOf(disk), log: logKey, random, sleep: async () => undefined };
  const ledger = await startLedger(context);
  const numbers = Array.from({ length: size }, (_, at) => 10_000 + at);
  await Promise.all(numbers.map((number) => ledger.append(statementOf(number), deployer)));
  await ledger.flush();
  return disk;
}

/** What happens at a system call: it goes on, fails before or after the deed, or the process is gone. */
export type Verdict = 'go' | 'fail' | 'fail-after' | 'crash' | 'crash-after';

interface Waiting {
  readonly process: number;
  readonly call: string;
  readonly path: string;
  readonly go: (after: (() => void) | undefined) => void;
  readonly fail: (error: Error) => void;
}

export interface SimulationOptions {
  readonly random: () => number;
  /** Decides over each system call. @default all go on */
  readonly judge?: (step: { process: number; call: string; path: string; number: number }) => Verdict;
  /** Error code of failures. @default 'EIO' */
  readonly code?: string;
  /** Told when a check fails. @default none */
  readonly seed?: number;
}

export class Simulation {
  disk = new MemoryDisk();
  readonly steps: string[] = [];
  /** Roots that were signed, by size: a size with two of them is a fork. */
  readonly signedRoots = new Map<string, Set<string>>();
  readonly #waiting: Waiting[] = [];
  readonly #crashed = new Set<number>();
  #timeMs = 1_000_000;

  constructor(readonly options: SimulationOptions) {}

  get seed(): number | undefined {
    return this.options.seed;
  }

  async prepare(): Promise<void> {
    await writeEmptyLog(this.disk.files(), this.log, bytesOf(this.options.random));
  }

  /** Begins with a log of some size: near to 256 the next appends fill a tile. */
  async prepareWith(size: number): Promise<void> {
    const known = preparedDisks.get(size) ?? (await prepareDisk(size));
    preparedDisks.set(size, known);
    this.disk = known.copy();
  }

  /** The log's key, watched. */
  readonly log: SigningKey = {
    ...logKey,
    sign: (message) => {
      this.#noteSigned(Buffer.from(message).toString('latin1'));
      return logKey.sign(message);
    },
  };

  #noteSigned(text: string): void {
    const [origin, size = '', root = ''] = text.split('\n');
    if (origin !== logKey.name) return;
    this.signedRoots.set(size, (this.signedRoots.get(size) ?? new Set()).add(root));
  }

  /** The world of one process. */
  context(process: number): WriterContext {
    const random = randomOf(process * 7919 + Math.floor(this.options.random() * 1e6));
    const options = { clock: () => this.#timeMs, random: bytesOf(random) };
    return {
      storage: new FolderStorage(this.disk.files(this.#gate(process)), options),
      log: this.log,
      random: options.random,
      sleep: async () => {
        await this.#gate(process)('sleep', '');
      },
    };
  }

  #gate(process: number): Gate {
    return (call, path) =>
      new Promise((go, fail) => {
        if (!this.#crashed.has(process)) this.#waiting.push({ process, call, path, go, fail });
      });
  }

  open(process: number): Promise<Ledger> {
    return startLedger(this.context(process));
  }

  /** Lets system calls happen, one by one, until none waits or `isOver` says so. */
  async run(isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#waiting.length === 0 || isOver()) return;
      const at = Math.floor(this.options.random() * this.#waiting.length);
      const [next] = this.#waiting.splice(at, 1);
      if (next !== undefined) this.#step(next);
    }
  }

  #step(next: Waiting): void {
    const { process, call, path } = next;
    const number = this.steps.length;
    this.steps.push(`${process} ${call} ${path}`);
    this.#timeMs += 1;
    const verdict = this.options.judge?.({ process, call, path, number }) ?? 'go';
    const error = Object.assign(new Error(`simulated ${this.options.code ?? 'EIO'} at ${call} ${path}`), {
      code: this.options.code ?? 'EIO',
    });
    if (verdict === 'go') next.go(undefined);
    else if (verdict === 'fail') next.fail(error);
    else if (verdict === 'fail-after') next.go(() => fail(error));
    else this.#crash(next, verdict === 'crash-after');
  }

  #crash(next: Waiting, isDone: boolean): void {
    this.crash(next.process);
    // The deed happens, and then nobody waits for it any more: all further calls of the process are never answered.
    if (isDone) next.go(undefined);
  }

  /** Takes what a process waits for out of the run; {@link wake} puts it back. */
  putToSleep(process: number): readonly Waiting[] {
    const sleeping = this.#waiting.filter((waiting) => waiting.process === process);
    this.crash(process);
    this.#crashed.delete(process);
    return sleeping;
  }

  wake(sleeping: readonly Waiting[]): void {
    this.#waiting.push(...sleeping);
  }

  /** The process is gone; what it waited for never comes. */
  crash(process: number): void {
    this.#crashed.add(process);
    const rest = this.#waiting.filter((waiting) => waiting.process !== process);
    this.#waiting.splice(0, this.#waiting.length, ...rest);
  }
}

function fail(error: Error): never {
  throw error;
}
