/** A process that deploys one node and prints what came of it, for tests that kill it or run two at once. */
import { readFileSync } from 'node:fs';
import { cidOfRaw, parseCid } from '../../../model';
import { deployNode } from '../../../providers/deploy';

const [, , json = '{}'] = process.argv;
const { imageFile, qemu, ...request } = JSON.parse(json);
const imageBytes = readFileSync(imageFile);

deployNode(
  { ...request, releaseCid: parseCid(request.releaseCid), imageBytes, imageCid: cidOfRaw(imageBytes) },
  { qemu, progress: (text) => process.stderr.write(`${text}\n`) },
).then(
  ({ slot, epoch, pid, restarted }) => process.stdout.write(JSON.stringify({ slot, epoch, pid, restarted })),
  (error) => {
    process.stdout.write(JSON.stringify({ code: error.code, message: error.message }));
    process.exitCode = 1;
  },
);
