/**
 * Starting and ending a node's machine. It runs in a session of its own and outlives whoever started it; it is found
 * again by its working folder and its name among the arguments, never by a pid alone (see process.ts).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { NexusError } from '../../model';
import {
  findProcess,
  findProcessesIn,
  type ProcessIdentity,
  runsIn,
  signalProcess,
  waitForEnd,
} from './process';
import { type MachineSpec, machineName, qemuArguments } from './qemu';
import { Semaphore } from './semaphore';
import { type NodePaths, nodeFiles } from './state-folder';
import { freeSocketPath, openConnection } from './unix-socket';

/** More at once is slower for all of them: 100 machines were up in 8 s three at a time, in 26-37 s all at once. */
export const startGate = new Semaphore(3);

/** What QEMU says at every start, while it waits for the daemon. */
const waitingWords = /^.*: info: QEMU waiting for connection on: .*\n?/gm;

const stopTimeoutMs = { greet: 500, quit: 2_000, terminate: 2_000, kill: 5_000 } as const;

/** The node's machine, if it runs. Usually one look at its pid file suffices. */
export function findMachine(paths: NodePaths, node: string): ProcessIdentity | undefined {
  const pid = readPid(paths.pid);
  if (pid !== undefined && runsIn(pid, paths.folder, machineName(node))) return findProcess(pid);
  return findProcessesIn(paths.folder, machineName(node))[0];
}

/** Starts the machine; that it comes up is for the caller to see. @throws NexusError `no-start` or `socket-…` */
export async function startMachine(
  qemu: string,
  paths: NodePaths,
  spec: MachineSpec,
): Promise<ProcessIdentity> {
  for (const name of [nodeFiles.serial, nodeFiles.net, nodeFiles.qmp])
    await freeSocketPath(paths.folder, name);
  const log = openSync(paths.qemuLog, 'w', 0o600);
  try {
    const child = spawn(qemu, qemuArguments(spec), {
      cwd: paths.folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    });
    await once(child, 'spawn');
    child.unref();
    const identity = child.pid === undefined ? undefined : findProcess(child.pid);
    if (identity === undefined) throw new Error(machineWords(paths) ?? 'it ended at once');
    return identity;
  } catch (cause) {
    throw new NexusError(
      'no-start',
      `Cannot start QEMU for node "${spec.node}": ${(cause as Error).message}`,
      {
        hint: `See "${paths.qemuLog}".`,
        cause,
      },
    );
  } finally {
    closeSync(log);
  }
}

/** Ends every machine of the node: asks it to quit, then SIGTERM, then SIGKILL. Idempotent. */
export async function stopMachine(paths: NodePaths, node: string): Promise<void> {
  // More than one can be there for a moment, when a caller was killed between fork and QEMU's lock.
  for (const identity of findProcessesIn(paths.folder, machineName(node)))
    await stopProcess(paths, node, identity);
}

/** What QEMU said on its own account, in one line; undefined when nothing. */
export function machineWords(paths: NodePaths): string | undefined {
  try {
    const text = readFileSync(paths.qemuLog, 'utf8')
      .slice(0, 2_000)
      .replace(waitingWords, '')
      .trim()
      .replace(/\s*\n\s*/g, '; ');
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

async function stopProcess(paths: NodePaths, node: string, identity: ProcessIdentity): Promise<void> {
  if (await requestQuit(paths.folder)) if (await waitForEnd(identity, stopTimeoutMs.quit)) return;
  signalProcess(identity, 'SIGTERM');
  if (await waitForEnd(identity, stopTimeoutMs.terminate)) return;
  signalProcess(identity, 'SIGKILL');
  if (await waitForEnd(identity, stopTimeoutMs.kill)) return;
  throw new NexusError('no-stop', `Cannot stop node "${node}": process ${identity.pid} does not end`, {
    hint: `Look at the process with \`ps ${identity.pid}\`; it may hang in the kernel of this host.`,
  });
}

/**
 * QMP: greeting, then two commands (https://www.qemu.org/docs/master/interop/qmp-spec.html).
 * @returns whether the machine greeted, so that its end can be expected
 */
async function requestQuit(folder: string): Promise<boolean> {
  let socket: Socket | undefined;
  try {
    socket = await openConnection(folder, nodeFiles.qmp, stopTimeoutMs.greet);
    const quitting = socket;
    quitting.on('error', () => undefined);
    quitting.once('close', () => clearTimeout(timer));
    const timer = setTimeout(() => quitting.destroy(), stopTimeoutMs.quit);
    await once(quitting, 'data', { signal: AbortSignal.timeout(stopTimeoutMs.greet) });
    quitting.resume().write('{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n');
    return true;
  } catch {
    socket?.destroy();
    return false;
  }
}

function readPid(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'latin1').trim();
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}
