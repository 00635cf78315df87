/**
 * A process that deploys or removes one node and prints what came of it, for tests that kill it or run two at once. With
 * `killBeforeStep` it kills itself before that call to the disk, to a socket or to start a process.
 */
import childProcess from 'node:child_process';
import fs, { readFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import net from 'node:net';
import { cidOfRaw, parseCid } from '../../../model';
import { deployNode, removeNode } from '../../../providers/deploy';

const [, , json = '{}'] = process.argv;
const { imageFile, qemu, killBeforeStep, remove, ...request } = JSON.parse(json);
const imageBytes = readFileSync(imageFile);
let steps = 0;

/** Makes each call a step: counted, named, and the last one this process ever does if it is the one to die before. */
function countCalls(module: object, names: readonly string[]): void {
  const functions = module as Record<string, (...values: unknown[]) => unknown>;
  for (const name of names) {
    const original = functions[name];
    functions[name] = (...values) => {
      steps += 1;
      if (steps === killBeforeStep) {
        fs.writeSync(2, `killed before ${name}\n`);
        process.kill(process.pid, 'SIGKILL');
      }
      return original?.apply(module, values);
    };
  }
}
countCalls(promises, ['open', 'rename', 'link', 'rm', 'mkdir']);
countCalls(fs, ['rmSync', 'openSync']);
countCalls(childProcess, ['spawn']);
countCalls(net, ['connect', 'createServer']);

async function work(): Promise<object> {
  if (remove === true) {
    await removeNode(request.stateDir, request.node, { identity: 'remove' });
    return {};
  }
  const services = { qemu, progress: (text: string) => void process.stderr.write(`${text}\n`) };
  const releaseCid = parseCid(request.releaseCid);
  const { slot, epoch, pid, restarted } = await deployNode(
    { ...request, releaseCid, imageBytes, imageCid: cidOfRaw(imageBytes) },
    services,
  );
  return { slot, epoch, pid, restarted };
}

work().then(
  (result) => process.stdout.write(JSON.stringify(result)),
  (error) => {
    process.stdout.write(JSON.stringify({ code: error.code, message: error.message }));
    process.exitCode = 1;
  },
);
