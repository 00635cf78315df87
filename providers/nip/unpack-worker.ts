/**
 * A thread that unpacks packages (unpack-pool.ts), one at a time. `scripts/build.mjs` makes it a program of its own beside
 * the command line.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { NexusError } from '../../model';
import { BlockStore } from '../store';
import { createAdapter } from './create-adapter';
import type { UnpackAnswer, UnpackRequest } from './unpack-pool';

const storeFolder: string = workerData;
const store = BlockStore.open(storeFolder);
const running = new Map<number, AbortController>();
const answer = (message: UnpackAnswer): void => parentPort?.postMessage(message);

parentPort?.on('message', (request: UnpackRequest) => {
  if ('stop' in request) running.get(request.id)?.abort();
  else void unpack(request);
});

async function unpack({ id, pinned, repository }: Exclude<UnpackRequest, { stop: true }>): Promise<void> {
  const stop = new AbortController();
  running.set(id, stop);
  try {
    const adapter = createAdapter(pinned.adapter, await store);
    const tree = await adapter.unpack(pinned, repository, {
      signal: stop.signal,
      onProgress: (progress) => answer({ id, progress }),
    });
    answer({ id, tree });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isOurs = error instanceof NexusError;
    const code = isOurs ? error.code : stop.signal.aborted ? 'aborted' : 'unpack-failed';
    answer({ id, code, message, hint: isOurs ? error.hint : undefined });
  } finally {
    running.delete(id);
  }
}
