/** `nexus pledge suggest`: runs a program once under strace, and says what it would have to pledge and unveil. */
import { spawn } from 'node:child_process';
import { closeSync, createReadStream, existsSync, openSync, readSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { NexusError, quote } from '../model';
import { findProgram } from '../providers/machine';
import { readElfNeeds } from '../providers/nip';
import { Suggester, type Suggestion, TraceReader } from '../providers/pledge';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { printJson } from './output';
import { UsageError } from './usage-error';
import { createVerb } from './verb';

const traceFlags = ['-f', '-qq', '-X', 'raw', '-xx', '-y', '-s', '0', '-e', 'signal=none'];
const traceSizeMaxBytes = 512 * 1024 * 1024;
/** An ELF file's program headers and the name of its interpreter stand at its beginning. */
const headSizeBytes = 64 * 1024;

export function definePledge(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('pledge', 'suggest what a program should pledge and unveil', [
    ['nexus pledge suggest -- /usr/bin/cat /etc/hosts', 'one run, as lines for system.kdl'],
  ])
    .usage('suggest [options] -- <program> [argument...]')
    .argument('<words...>', 'suggest, then -- and a program with its arguments')
    .action(async ([action, ...words]: readonly string[], options: CommonOptions) => {
      if (action !== 'suggest') throw refuseAction(action);
      end(await suggest(words, options, io));
    });
}

function refuseAction(action = ''): UsageError {
  return new UsageError('unknown-action', `Cannot do ${quote(action)}: expected suggest`, {
    hint: 'Write `nexus pledge suggest -- PROGRAM`.',
  });
}

async function suggest(words: readonly string[], options: CommonOptions, io: Io): Promise<ExitCode> {
  const [strace, program] = [find('strace', io), find(words[0] ?? '', io)];
  const folder = await mkdtemp(join(tmpdir(), 'nexus-trace-'));
  try {
    const file = join(folder, 'trace');
    const status = await trace([strace, ...traceFlags, '-o', file, '--', program, ...words.slice(1)], io);
    if (io.signal.aborted) return exitCode.interrupted;
    if (status !== 0)
      io.err.write(`warning: the program ended with ${status}; what it did until then is shown\n`);
    const suggestion = await readTrace(file, io.cwd);
    if (options.json === true) printJson(io.out, suggestion);
    else io.out.write(formatSuggestion(suggestion));
    return exitCode.ok;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function find(name: string, { env, cwd }: Io): string {
  const found = findProgram(name, env.PATH ?? '', cwd);
  if (found !== undefined) return found;
  throw new UsageError('missing-program', `Cannot run "${name}": it is not on the PATH`, {
    hint: name === 'strace' ? 'Install it: `apt-get install strace`.' : 'Check the name, or give its path.',
  });
}

/** Runs it with its output on our error stream: our own output is the suggestion alone. */
function trace([command = '', ...args]: readonly string[], io: Io): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: io.cwd,
      env: { ...io.env },
      stdio: ['inherit', 'pipe', 'pipe'],
    });
    const stop = (): unknown => child.kill('SIGTERM');
    io.signal.addEventListener('abort', stop, { once: true });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => io.err.write(bytes.toString('utf8')));
    child.on('error', reject);
    child.on('close', (status) => {
      io.signal.removeEventListener('abort', stop);
      resolve(status ?? 1);
    });
  });
}

async function readTrace(file: string, folder: string): Promise<Suggestion> {
  const { size } = await stat(file);
  if (size > traceSizeMaxBytes)
    throw new NexusError(
      'trace-too-large',
      `Cannot read the trace: ${size} bytes, expected at most ${traceSizeMaxBytes}`,
      { hint: 'Let the program do less.' },
    );
  const [reader, suggester] = [
    new TraceReader(),
    new Suggester({ folder, interpreterOf, isThere: existsSync }),
  ];
  for await (const line of createInterface({ input: createReadStream(file, 'latin1') })) {
    const call = reader.read(line);
    if (call !== undefined) suggester.add(call);
  }
  return suggester.finish();
}

/** What the kernel starts a file with: of an ELF file or of a script's first line. */
function interpreterOf(path: string): string | undefined {
  try {
    const file = openSync(path, 'r');
    const head = Buffer.alloc(headSizeBytes);
    const size = readSync(file, head, 0, headSizeBytes, 0);
    closeSync(file);
    const script = /^#! *(\/[^\s\0]+)/.exec(head.toString('latin1', 0, 256))?.[1];
    return script ?? readElfNeeds(head.subarray(0, size))?.interpreter;
  } catch {
    return undefined;
  }
}

function formatSuggestion({ pledges, unveils, refused }: Suggestion): string {
  return [
    '// From one run: what the program does on other days is not in it. Read each line before you use it.',
    `pledge ${pledges.map(({ pledge }) => JSON.stringify(pledge)).join(' ')}`,
    ...pledges.map(({ pledge, calls }) => `//   ${pledge}: ${shorten(calls)}`),
    ...refused.map(
      (name) => `// no pledge allows ${name}: it ends the program; with "error" it fails instead`,
    ),
    ...unveils.map(
      ({ path, rights, calls }) => `unveil ${JSON.stringify(path)} "${rights}" // ${shorten(calls)}`,
    ),
    '',
  ].join('\n');
}

function shorten(calls: readonly string[]): string {
  const shown = calls.slice(0, 8).join(', ');
  return calls.length > 8 ? `${shown} and ${calls.length - 8} more` : shown;
}
