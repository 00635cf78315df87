/**
 * Packages unpacked in threads: decoding and hashing keep a processor busy each, and packages know nothing of one another.
 * Each thread has the store for itself; what comes back is a tree. Where the build has no file for the threads, all is done
 * in this one.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { NexusError, type PinnedPackage } from '../../model';
import type { BlockStore } from '../store';
import type { NipOptions, NipProgress, RepositoryAt } from './adapter';
import { createAdapter } from './create-adapter';
import type { FileTree } from './tree';

/** What a thread is asked, under a number of its own. */
export type UnpackRequest =
  | { readonly id: number; readonly pinned: PinnedPackage; readonly repository: RepositoryAt }
  | { readonly id: number; readonly stop: true };

/** What it answers under the same number. */
export type UnpackAnswer =
  | { readonly id: number; readonly progress: NipProgress }
  | { readonly id: number; readonly tree: FileTree }
  | {
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    };

export interface UnpackPoolOptions {
  /** @default two for each processor, as half of the time goes by on the disk, at most four; none where the build has no file for them */
  readonly threadCount?: number;
}

const isSource = __filename.endsWith('.ts');
const workerFile = join(__dirname, isSource ? 'unpack-worker.ts' : 'unpack-worker.js');

interface Job {
  readonly id: number;
  readonly pinned: PinnedPackage;
  readonly repository: RepositoryAt;
  readonly options: NipOptions;
  readonly resolve: (tree: FileTree) => void;
  readonly reject: (error: unknown) => void;
}

export class UnpackPool {
  readonly #threads: Thread[];
  readonly #waiting: Job[] = [];
  #count = 0;

  constructor(
    private readonly store: BlockStore,
    {
      threadCount = existsSync(workerFile) ? Math.min(2 * availableParallelism(), 4) : 0,
    }: UnpackPoolOptions = {},
  ) {
    this.#threads = Array.from({ length: threadCount }, () => new Thread(store.folder, () => this.#next()));
  }

  /** As an adapter's `unpack`; as many at once as are asked for. @throws NexusError of the adapter, `thread-failed` */
  async unpack(pinned: PinnedPackage, repository: RepositoryAt, options: NipOptions = {}): Promise<FileTree> {
    options.signal?.throwIfAborted();
    if (this.#threads.length === 0)
      return createAdapter(pinned.adapter, this.store).unpack(pinned, repository, options);
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, pinned, repository, options, resolve, reject });
      this.#next();
    });
  }

  /** Ends the threads; what they were at is refused as `thread-failed`. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #next(): void {
    for (const thread of this.#threads) {
      if (!thread.isIdle) continue;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      thread.start(job);
    }
  }
}

/** A thread at one package at a time. */
class Thread {
  readonly #worker: Worker;
  #job: Job | undefined;
  #isDead = false;

  constructor(
    storeFolder: string,
    private readonly onIdle: () => void,
  ) {
    this.#worker = startWorker(storeFolder);
    this.#worker.on('message', (answer: UnpackAnswer) => this.#answer(answer));
    this.#worker.on('error', (error) => this.#die(error));
    this.#worker.on('exit', () => this.#die(undefined));
  }

  get isIdle(): boolean {
    return this.#job === undefined;
  }

  start(job: Job): void {
    this.#job = job;
    if (this.#isDead) {
      this.#end(() => job.reject(threadFailed(job.pinned.name)));
      return;
    }
    job.options.signal?.addEventListener('abort', this.#stop, { once: true });
    const { id, pinned, repository } = job;
    this.#worker.postMessage({ id, pinned, repository } satisfies UnpackRequest);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  readonly #stop = (): void => {
    if (this.#job !== undefined)
      this.#worker.postMessage({ id: this.#job.id, stop: true } satisfies UnpackRequest);
  };

  #answer(answer: UnpackAnswer): void {
    const job = this.#job;
    if (job === undefined || job.id !== answer.id) return;
    if ('progress' in answer) job.options.onProgress?.(answer.progress);
    else if ('tree' in answer) this.#end(() => job.resolve(answer.tree));
    else {
      const { code, message, hint } = answer;
      this.#end(() => job.reject(new NexusError(code, message, hint === undefined ? {} : { hint })));
    }
  }

  #die(cause: unknown): void {
    this.#isDead = true;
    const job = this.#job;
    if (job !== undefined) this.#end(() => job.reject(threadFailed(job.pinned.name, cause)));
  }

  #end(settle: () => void): void {
    this.#job?.options.signal?.removeEventListener('abort', this.#stop);
    this.#job = undefined;
    settle();
    this.onIdle();
  }
}

/** A build has the thread's program beside its own; from sources tsx loads it, as it loaded this. */
function startWorker(storeFolder: string): Worker {
  if (!isSource) return new Worker(workerFile, { workerData: storeFolder });
  const name = JSON.stringify(workerFile);
  const start = `const load = require('node:module').createRequire(${name}); load('tsx/cjs'); load(${name});`;
  return new Worker(start, { eval: true, execArgv: ['--conditions=import'], workerData: storeFolder });
}

function threadFailed(name: string, cause?: unknown): NexusError {
  return new NexusError('thread-failed', `Cannot unpack "${name}": its thread has ended`, {
    cause,
    hint: 'Run this again; what is whole in the store is not made again.',
  });
}
