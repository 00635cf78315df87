/** `nexus update`: asks today's indexes which packages a system gets, shows what changes, and writes the lock. */
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { type LinuxSystem, type Lock, NexusError, parseSystemFile } from '../model';
import { compareLocks, completeSystem, type LockChange, Origins, resolveLock } from '../providers/factory';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { lockFileOf, readLock, writeLock } from './lock-file';
import { formatTable, printJson } from './output';
import { createPackageProgress } from './package-progress';
import { openState, stateFolder } from './state';
import { readSystemText } from './system-text';
import { readingInput, UsageError } from './usage-error';
import { createLedgerVerb, withLedger } from './verb';

interface Options extends CommonOptions {
  readonly check?: boolean;
}

export function defineUpdate(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('update', 'pin the foreign packages of a system in its lock', [
    ['nexus update', 'writes nexus.lock.kdl beside ./system.kdl'],
    ['nexus update --check', 'writes nothing, and ends with 3 if something would change'],
  ])
    .argument('[file]', 'the KDL file', 'system.kdl')
    .option('--check', 'write nothing')
    .action(async (file: string, options: Options) =>
      end(await update(file, options, withLedger(options, io))),
    );
}

async function update(file: string, options: Options, io: Io): Promise<ExitCode> {
  const system = await readingInput(() => readLinuxSystem(file, io));
  const lockFile = lockFileOf(file);
  const path = resolve(io.cwd, lockFile);
  const before = await readLock(path, lockFile).catch((error: unknown) => {
    // A lock that cannot be read is what an update mends.
    if (error instanceof NexusError) return undefined;
    throw error;
  });
  const after = await resolveWatched(system, file, options, io);
  const changes = compareLocks(before, after);
  if (options.check !== true && (changes.length > 0 || before === undefined)) await writeLock(path, after);
  report({ file: lockFile, changes, lock: after }, options, io);
  return options.check === true && changes.length > 0 ? exitCode.no : exitCode.ok;
}

async function readLinuxSystem(file: string, io: Io): Promise<LinuxSystem> {
  const parsed = parseSystemFile(await readSystemText(resolve(io.cwd, file), file), file);
  if (parsed.kernel === 'linux') return completeSystem(parsed.system);
  throw new UsageError(
    'nothing-to-lock',
    `Cannot update "${file}": a system of profile "${parsed.system.profile}" has no foreign packages`,
    { hint: 'Its cells are built from sources: there is nothing to pin.' },
  );
}

async function resolveWatched(system: LinuxSystem, file: string, options: Options, io: Io): Promise<Lock> {
  const { factory } = await openState(stateFolder(options, io), io);
  const origins = new Origins({ system, baseFolder: dirname(resolve(io.cwd, file)), store: factory.store });
  const progress = createPackageProgress(io, options);
  try {
    const nowSeconds = Math.floor(io.environment.clock() / 1000);
    return await resolveLock(system, origins, { nowSeconds, signal: io.signal, onProgress: progress.tell });
  } finally {
    progress.clear();
  }
}

interface Outcome {
  readonly file: string;
  readonly changes: readonly LockChange[];
  readonly lock: Lock;
}

function report({ file, changes, lock }: Outcome, { json, check }: Options, io: Io): void {
  const packageCount = lock.cells.reduce((sum, { packages }) => sum + packages.length, 0);
  if (json === true) {
    const isWritten = check !== true && changes.length > 0;
    printJson(io.out, { file, isWritten, packageCount, changes });
    return;
  }
  if (changes.length === 0) {
    io.out.write(`${file} pins ${packageCount} packages, all as the indexes have them today.\n`);
    return;
  }
  const rows = changes.map(({ cell, name, adapter, from, to }) => [
    from === undefined ? '+' : to === undefined ? '-' : '~',
    cell,
    name,
    adapter,
    from?.version ?? '',
    to?.version ?? '',
  ]);
  io.out.write(formatTable([['', 'cell', 'package', 'from', 'was', 'becomes'], ...rows]));
  const done = check === true ? `${file} would change` : `Written to ${file}: look at it, and commit it`;
  io.out.write(`\n${changes.length} of ${packageCount} packages change. ${done}.\n`);
}
