/**
 * A thread of the audit: looks at the groups that it is asked about. `scripts/build.mjs` makes it a program of its own
 * beside the command line.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { diskFiles } from '../storage/files';
import { type LookAnswer, type LookOptions, type LookRequest, lookHere } from './quick-look';

const { folder, withSignatures }: LookOptions = workerData;
const looker = lookHere(diskFiles(folder).read, withSignatures);

parentPort?.on('message', async ({ id, groups }: LookRequest) => {
  parentPort?.postMessage({ id, verdicts: await looker.look(groups) } satisfies LookAnswer);
});
