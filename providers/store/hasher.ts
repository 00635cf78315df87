/** Hashes files in worker threads; in this thread where the build has none, or one dies. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { digestsOfFiles, type FileDigest, type HashAnswer, type HashRequest } from './check-file';

const isSource = __filename.endsWith('.ts');
const workerFile = join(__dirname, isSource ? 'check-worker.ts' : 'store-check-worker.js');

export interface Hasher {
  hash(paths: readonly string[]): Promise<readonly FileDigest[]>;
  close(): Promise<void>;
}

/** As many threads as there are processors for many files, none for few: a thread takes its time to start. */
export function createHashers(sizeBytes: number): readonly Hasher[] {
  const isWorth = sizeBytes > 64 * 1024 * 1024 && existsSync(workerFile);
  if (!isWorth) return [hashHere()];
  return Array.from({ length: Math.min(8, availableParallelism()) }, () => new HashWorker());
}

export function hashHere(): Hasher {
  return { hash: async (paths) => digestsOfFiles(paths), close: async () => undefined };
}

/** A build has the thread's program beside the command line; from sources tsx loads it, as it loaded this. */
function startWorker(): Worker {
  if (!isSource) return new Worker(workerFile);
  const name = JSON.stringify(workerFile);
  const start = `const load = require('node:module').createRequire(${name}); load('tsx/cjs'); load(${name});`;
  return new Worker(start, { eval: true, execArgv: ['--conditions=import'] });
}

export class HashWorker implements Hasher {
  readonly #worker = startWorker();
  readonly #waiting = new Map<
    number,
    { paths: readonly string[]; resolve: (digests: readonly FileDigest[]) => void }
  >();
  #isDead = false;
  #count = 0;

  constructor() {
    this.#worker.on('message', ({ id, digests }: HashAnswer) => {
      this.#waiting.get(id)?.resolve(digests);
      this.#waiting.delete(id);
    });
    this.#worker.on('error', () => this.#die());
    this.#worker.on('exit', () => this.#die());
  }

  async hash(paths: readonly string[]): Promise<readonly FileDigest[]> {
    if (this.#isDead) return digestsOfFiles(paths);
    const id = this.#count++;
    return new Promise((resolve) => {
      this.#waiting.set(id, { paths, resolve });
      this.#worker.postMessage({ id, paths } satisfies HashRequest);
    });
  }

  /** What it has not answered is hashed here. */
  #die(): void {
    this.#isDead = true;
    for (const { paths, resolve } of this.#waiting.values()) resolve(digestsOfFiles(paths));
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
