/**
 * The quick looks (quick-group.ts) at many groups, some groups ahead of who asks for the verdicts: in worker threads
 * over a folder on disk, or in this thread over any storage. Nobody has to trust the threads to come back: a group
 * without a verdict is looked at carefully.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bundleSizeBytesMax } from '../formats/bundle';
import { diskFiles } from '../storage/files';
import { formatPackPath } from '../storage/layout';
import { packSizeBytesMax } from '../storage/packs';
import { formatTilePath, tileSizeBytesMax, tileWidth } from '../tree/tile';
import type { ReadFile } from '../tree/verified-tree';
import { checkQuickly, type SoundGroup } from './quick-group';

/** Undefined: look carefully. */
export type Verdict = SoundGroup | undefined;

/** What a thread is started with. */
export interface LookOptions {
  /** The ledger's folder. */
  readonly folder: string;
  readonly withSignatures: boolean;
}

/** A message to a thread, and its answer under the same number. */
export interface LookRequest {
  readonly id: number;
  readonly groups: readonly number[];
}
export interface LookAnswer {
  readonly id: number;
  readonly verdicts: readonly Verdict[];
}

/** Looks at groups, one after the other. */
export interface Looker {
  look(groups: readonly number[]): Promise<readonly Verdict[]>;
  close(): Promise<void>;
}

/** Looks in this thread. */
export function lookHere(read: ReadFile, withSignatures: boolean): Looker {
  return {
    look: async (groups) => {
      const verdicts: Verdict[] = [];
      for (const group of groups) verdicts.push(await lookAt(group, read, withSignatures));
      return verdicts;
    },
    close: async () => undefined,
  };
}

async function lookAt(index: number, read: ReadFile, withSignatures: boolean): Promise<Verdict> {
  const width = tileWidth;
  try {
    const tile = await read(formatTilePath({ level: 0, index, width }), tileSizeBytesMax);
    const bundle = await read(formatTilePath({ level: 'entries', index, width }), bundleSizeBytesMax);
    const pack = await read(formatPackPath({ group: index, end: width }), packSizeBytesMax);
    return checkQuickly({ tile, bundle, pack }, withSignatures);
  } catch {
    return undefined;
  }
}

const isSource = __filename.endsWith('.ts');
const workerFile = join(__dirname, isSource ? 'audit-worker.ts' : 'audit-worker.js');

/** A build has the thread's program beside the command line; from sources tsx loads it, as it loaded this. */
function startWorker(options: LookOptions, file: string): Worker {
  if (!isSource) return new Worker(file, { workerData: options });
  const name = JSON.stringify(file);
  const start = `const load = require('node:module').createRequire(${name}); load('tsx/cjs'); load(${name});`;
  return new Worker(start, { eval: true, execArgv: ['--conditions=import'], workerData: options });
}

/** As many as there are processors; none, where the build has no file for them. */
export function workerCountOf(groupCount: number): number {
  // Starting a thread takes as long as this many groups.
  if (groupCount < 16 || !existsSync(workerFile)) return 0;
  const count = availableParallelism();
  return count > 1 ? Math.min(count, 8) : 0;
}

/** Looks in a thread of its own, and where that fails, in this one. */
export class LookWorker implements Looker {
  readonly #worker: Worker;
  readonly #here: Looker;
  readonly #waiting = new Map<number, (verdicts: readonly Verdict[]) => void>();
  #isDead = false;
  #count = 0;

  /** @param file the thread's program */
  constructor(options: LookOptions, file = workerFile) {
    this.#worker = startWorker(options, file);
    this.#here = lookHere(diskFiles(options.folder).read, options.withSignatures);
    this.#worker.on('message', ({ id, verdicts }: LookAnswer) => this.#waiting.get(id)?.(verdicts));
    this.#worker.on('error', () => this.#die());
    this.#worker.on('exit', () => this.#die());
  }

  async look(groups: readonly number[]): Promise<readonly Verdict[]> {
    if (this.#isDead) return this.#here.look(groups);
    const id = this.#count++;
    return new Promise((resolve) => {
      this.#waiting.set(id, (verdicts) => {
        this.#waiting.delete(id);
        resolve(verdicts);
      });
      this.#worker.postMessage({ id, groups } satisfies LookRequest);
    });
  }

  #die(): void {
    this.#isDead = true;
    for (const answer of this.#waiting.values()) answer([]);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

const chunkLength = 16;
const chunksAhead = 3;

/** The verdicts on groups, in their order. Each looker is kept some chunks ahead. */
export async function* verdictsOn(
  groups: readonly number[],
  lookers: readonly Looker[],
): AsyncGenerator<Verdict> {
  const waiting: { length: number; verdicts: Promise<readonly Verdict[]> }[] = [];
  for (let next = 0; next < groups.length || waiting.length > 0; ) {
    for (; next < groups.length && waiting.length < lookers.length * chunksAhead; next += chunkLength) {
      const chunk = groups.slice(next, next + chunkLength);
      const looker = lookers[(next / chunkLength) % lookers.length];
      waiting.push({ length: chunk.length, verdicts: looker?.look(chunk) ?? Promise.resolve([]) });
    }
    const { length, verdicts } = waiting.shift() ?? { length: 0, verdicts: [] };
    const found = await verdicts;
    for (let at = 0; at < length; at += 1) yield found[at];
  }
}
