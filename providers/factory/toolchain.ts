/**
 * The compiler: clang and lld of one version, 19 or newer, found on the PATH. They run in a small environment of
 * their own, so that no variable and no configuration file of the user's gets into an image.
 */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { NexusError } from '../../model';
import { findProgram } from '../machine';

export interface Toolchain {
  /** Path of clang. */
  readonly clang: string;
  /** Path of ld.lld. */
  readonly linker: string;
  /** What both say of themselves: part of every recipe, as a newer compiler gives other bytes. */
  readonly description: string;
}

export interface ToolRun {
  /** The folder in which the tool runs. */
  readonly folder?: string | undefined;
  /** Where a tool that is killed leaves its drafts. @default the system's folder for temporary files */
  readonly temporaryFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const oldestVersion = 19;
const newestVersion = 30;
const installHint = 'Install them: `apt-get install clang-19 lld-19 llvm-19`.';
/** A compiler's messages beyond this are cut off. */
const outputLimitBytes = 256 * 1024;

/**
 * The oldest clang and lld that will do, so that two machines that have several agree more often.
 * @param path folders to look in. @default the environment's PATH
 * @throws NexusError `missing-toolchain`
 */
export async function findToolchain(run: ToolRun = {}, path = process.env.PATH ?? ''): Promise<Toolchain> {
  for (let version = oldestVersion; version <= newestVersion; version += 1) {
    const found = await findPair(`clang-${version}`, `ld.lld-${version}`, run, path);
    if (found !== undefined) return found;
  }
  const plain = await findPair('clang', 'ld.lld', run, path);
  if (plain !== undefined && versionOf(plain.description) >= oldestVersion) return plain;
  const current = plain === undefined ? 'no clang and ld.lld on the PATH' : firstLine(plain.description);
  throw new NexusError(
    'missing-toolchain',
    `Cannot compile for riscv64: ${current}, expected version ${oldestVersion} or newer of both`,
    { hint: installHint },
  );
}

async function findPair(
  clangName: string,
  linkerName: string,
  run: ToolRun,
  path: string,
): Promise<Toolchain | undefined> {
  const [clang, linker] = [findProgram(clangName, path), findProgram(linkerName, path)];
  if (clang === undefined || linker === undefined) return undefined;
  const versions = [await runTool(clang, ['--version'], run), await runTool(linker, ['--version'], run)];
  if (versions.some(({ exitCode }) => exitCode !== 0)) return undefined;
  return { clang, linker, description: versions.map(({ stdout }) => firstLine(stdout)).join('; ') };
}

function versionOf(description: string): number {
  return Number(/version (\d+)\./.exec(description)?.[1] ?? 0);
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? '';
}

/**
 * Runs a tool to its end, with its output captured. A signal kills it and what it started: clang starts a process for
 * each file, so the tool leads a process group of its own.
 * @throws NexusError `aborted`, `tool-failed` when it cannot be started or is killed by something else
 */
export function runTool(command: string, args: readonly string[], run: ToolRun = {}): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: run.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH ?? '',
        TMPDIR: run.temporaryFolder ?? tmpdir(),
        LC_ALL: 'C',
        SOURCE_DATE_EPOCH: '0',
      },
    });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    const stop = (): void => killGroup(child.pid);
    if (run.signal?.aborted === true) stop();
    run.signal?.addEventListener('abort', stop, { once: true });
    child.on('error', (cause) => reject(whyNotRun(command, run, cause)));
    child.on('close', (exitCode) => {
      run.signal?.removeEventListener('abort', stop);
      if (exitCode === null) reject(whyNotRun(command, run, new Error('killed')));
      else resolve({ exitCode, stdout: stdout(), stderr: stderr() });
    });
  });
}

/** The group's id is its leader's; it is no longer there when all of it has ended. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing is left to kill.
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (sizeBytes < outputLimitBytes) chunks.push(chunk);
    sizeBytes += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function whyNotRun(command: string, run: ToolRun, cause: Error): NexusError {
  if (run.signal?.aborted === true)
    return new NexusError('aborted', `Cannot run "${command}": it was told to stop`, { cause });
  return new NexusError('tool-failed', `Cannot run "${command}": ${cause.message}`, {
    cause,
    hint: installHint,
  });
}
