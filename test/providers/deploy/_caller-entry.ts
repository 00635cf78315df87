/**
 * A process that deploys or removes one node and prints what came of it, for tests that kill it or run two at once. With
 * `killBefore`, such as `rename 2`, it kills itself before that call to the disk, to a socket or to start a process.
 */
import childProcess from 'node:child_process';
import fs, { readFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import net from 'node:net';
import { cidOfRaw, parseCid } from '../../../model';
import { deployNode, removeNode } from '../../../providers/deploy';

const [, , json = '{}'] = process.argv;
const { imageFile, qemu, killBefore, remove, ...request } = JSON.parse(json);
const imageBytes = readFileSync(imageFile);

/** Counts the calls of each name; before the one to die before, the process kills itself. */
function countCalls(module: object, names: readonly string[]): void {
  const functions = module as Record<string, (...values: unknown[]) => unknown>;
  for (const name of names) {
    const original = functions[name];
    let count = 0;
    functions[name] = (...values) => {
      count += 1;
      if (killBefore === `${name} ${count}`) process.kill(process.pid, 'SIGKILL');
      return original?.apply(module, values);
    };
  }
}
countCalls(promises, ['open', 'rename', 'link', 'rm', 'mkdir']);
countCalls(fs, ['rmSync']);
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
