/** A state folder, the programs of the tests, and a way to end whatever was started in them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cidFromDigest, cidOfRaw, sha256 } from '../../../model';
import { type DeployRequest, enrolNode } from '../../../providers/deploy';

const root = dirname(dirname(dirname(__dirname)));

/** Bundles a TypeScript program to one that plain Node runs. */
export function bundleProgram(folder: string, name: string, source = join(__dirname, `${name}.ts`)): string {
  const file = join(folder, `${name}.cjs`);
  const options = ['--bundle', '--platform=node', '--target=node20', '--format=cjs', '--log-level=error'];
  execFileSync(join(root, 'node_modules/.bin/esbuild'), [source, ...options, `--outfile=${file}`]);
  writeFileSync(file, `#!${process.execPath}\n${readFileSync(file, 'utf8').replace(/^#!.*\n/, '')}`);
  chmodSync(file, 0o755);
  return file;
}

export interface Programs {
  readonly folder: string;
  readonly hostd: string;
  readonly machine: string;
  readonly caller: string;
}

export function bundlePrograms(): Programs {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-programs-'));
  return {
    folder,
    hostd: bundleProgram(folder, '_hostd-entry'),
    machine: bundleProgram(folder, '_stand-in-machine'),
    caller: bundleProgram(folder, '_caller-entry'),
  };
}

export function makeWorkFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'nexus-deploy-')));
}

/** Processes that run in or below the folder: nothing that a test started may be among them in the end. */
export function processesBelow(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && `${workingFolderOf(pid)}/`.startsWith(`${folder}/`));
}

function workingFolderOf(pid: number): string {
  try {
    return realpathSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Kills what runs below a folder of {@link makeWorkFolder}, and only there. */
export async function cleanUp(folder: string | undefined): Promise<void> {
  if (folder === undefined || !/\/nexus-deploy-\w{6}$/.test(folder)) return;
  for (const pid of processesBelow(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  await until(() => processesBelow(folder).length === 0);
  rmSync(folder, { recursive: true, force: true });
}

export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await condition()); await delay(5))
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}`);
}

export const release = cidFromDigest('raw', sha256(Buffer.from('a release')));

export async function requestOf(
  stateDir: string,
  hostdEntry: string,
  image: string | Uint8Array,
  changes: Partial<DeployRequest> = {},
): Promise<DeployRequest> {
  const imageBytes = typeof image === 'string' ? Buffer.from(image) : image;
  const peers = Object.fromEntries(
    await Promise.all(['n1', 'n2', 'n3'].map(async (name) => [name, await enrolNode(stateDir, name)])),
  );
  return {
    stateDir,
    node: 'n1',
    mesh: 'swarm',
    imageBytes,
    imageCid: cidOfRaw(imageBytes),
    releaseCid: release,
    peers,
    memoryMib: 16,
    accelerator: 'tcg',
    helloIntervalMs: 200,
    heartbeatIntervalMs: 300,
    healthWindowMs: 3_000,
    hostdEntry,
    ...changes,
  };
}

export interface CallerOptions {
  readonly imageFile: string;
  readonly qemu: string;
  /** A call and its count, such as `rename 2`. */
  readonly killBefore?: string;
  /** Removes the node instead. */
  readonly remove?: boolean;
}

export interface Caller {
  readonly process: ChildProcess;
  /** What it printed at its end, as JSON; empty when it was killed. */
  readonly ended: Promise<string>;
  /** What it said so far. */
  readonly said: () => string;
}

/** What a caller does that changes something outside of it. */
export const countedCalls = [
  'open',
  'rename',
  'link',
  'rm',
  'mkdir',
  'rmSync',
  'spawn',
  'connect',
  'createServer',
];

/**
 * Kills callers before the first, second, … of each of their calls until one lives to its end.
 * @param round starts a caller that dies before that call, brings things to an end and looks at them
 * @returns how many were killed
 */
export async function killBeforeEachCall(round: (killBefore: string) => Promise<Caller>): Promise<number> {
  let killed = 0;
  for (const call of countedCalls)
    for (let count = 1; ; count++) {
      const { process: child } = await round(`${call} ${count}`);
      if (child.signalCode !== 'SIGKILL') break;
      killed += 1;
    }
  return killed;
}

/** Deploys or removes in a process of its own, which may kill itself before one of its calls. */
export function startCaller(
  programs: Pick<Programs, 'caller'>,
  request: DeployRequest,
  options: CallerOptions,
): Caller {
  const { imageBytes: _, imageCid: __, ...rest } = request;
  const json = JSON.stringify({ ...rest, ...options });
  const child = spawn(process.execPath, [programs.caller, json]);
  let [out, said] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(out)));
  return { process: child, ended, said: () => said };
}

/** All paths below a folder, with sockets. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !statSync(join(folder, path), { throwIfNoEntry: false })?.isDirectory(),
  );
}
