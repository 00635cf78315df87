/**
 * Which process is it really? A pid alone names whatever runs under that number now. A process is taken for the one
 * meant only if its start time (field 22 of /proc/PID/stat, proc(5)) is the same, and for a node's machine only if
 * its working folder is that node's folder and its arguments carry the node's name.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the host's boot and the start of the process. */
  readonly startTicks: string;
}

/**
 * The process that has this pid now; undefined when there is none. A zombie has ended, but only once its other threads
 * have too: until then they hold its sockets open.
 */
export function findProcess(pid: number): ProcessIdentity | undefined {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return undefined;
  // The second field is the name in parentheses and may hold anything, so fields are counted from the last ")".
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, startTicks] = [fields[0], Number(fields[17]), fields[19]];
  const hasEnded = state === 'X' || (state === 'Z' && threads <= 1);
  return startTicks === undefined || hasEnded ? undefined : { pid, startTicks };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return findProcess(identity.pid)?.startTicks === identity.startTicks;
}

/** Processes that run in this folder with this word among their arguments. */
export function findProcessesIn(folder: string, argument: string): ProcessIdentity[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).flatMap((pid) => {
    const identity = runsIn(pid, folder, argument) ? findProcess(pid) : undefined;
    return identity === undefined ? [] : [identity];
  });
}

/** Whether this pid runs in this folder with this word among its arguments. */
export function runsIn(pid: number, folder: string, argument: string): boolean {
  if (!sameFolder(`/proc/${pid}/cwd`, folder)) return false;
  return (readProc(pid, 'cmdline') ?? '').split('\0').includes(argument);
}

/** Sends the signal only to the process meant. @returns whether it was there to be sent to */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** @returns whether the process has ended within the time */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(identity)) {
    if (Date.now() >= deadline) return false;
    await delay(5);
  }
  return true;
}

function sameFolder(left: string, right: string): boolean {
  try {
    const [a, b] = [statSync(left), statSync(right)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}
