/**
 * A thread of the store's check: hashes the files that it is asked about. `scripts/build.mjs` makes it a program of its
 * own beside the command line.
 */
import { parentPort } from 'node:worker_threads';
import { digestsOfFiles, type HashAnswer, type HashRequest } from './check-file';

parentPort?.on('message', ({ id, paths }: HashRequest) => {
  parentPort?.postMessage({ id, digests: digestsOfFiles(paths) } satisfies HashAnswer);
});
