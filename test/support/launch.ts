/** The launcher, compiled once for a test file, and cells that run in it on this machine's own kernel. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileLauncher } from '../../providers/factory';
import { type CellPolicy, formatCellPolicy } from '../../providers/pledge';
import { kernelFolder } from './kernel';

export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LaunchRig {
  readonly folder: string;
  run(cell: Partial<CellPolicy> & Pick<CellPolicy, 'run'>): Promise<Ended>;
  /** The launcher over any bytes as its policy. */
  runBytes(policy: Uint8Array): Promise<Ended>;
  /** Compiles a C program with the machine's own C library, statically. */
  compile(source: string, name: string): string;
  remove(): void;
}

export async function buildLaunchRig(): Promise<LaunchRig> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-launch-'));
  const launcher = join(folder, 'launch');
  writeFileSync(launcher, await compileLauncher('x86_64', { kernelFolder, temporaryFolder: folder }), {
    mode: 0o755,
  });
  let count = 0;
  const runBytes = (policy: Uint8Array): Promise<Ended> => {
    count += 1;
    const file = join(folder, `${count}.policy`);
    writeFileSync(file, policy);
    return runToEnd(launcher, [file]);
  };
  return {
    folder,
    runBytes,
    run: (cell) => runBytes(formatCellPolicy({ name: 'probe', pledges: [], unveils: [], ...cell }, 'x86_64')),
    compile: (source, name) => {
      const program = join(folder, name);
      execFileSync('gcc', ['-O1', '-static', '-pthread', `-DPROBE_PATH="${program}"`, source, '-o', program]);
      return program;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** To the end of the program and of whoever else holds its output, the supervisor included. */
function runToEnd(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (status, signal) =>
      resolve({
        status,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}
