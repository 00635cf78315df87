/** `nexus build` of a Linux profile: foreign packages, from the lock, to sealed cells. */
import { dirname, resolve } from 'node:path';
import type { Cid, LinuxSystem, Lock } from '../model';
import {
  type BuiltLinuxCell,
  buildGraftCells,
  filterCell,
  formatProvenance,
  formatSbom,
  lockOf,
  Origins,
  resolveLock,
} from '../providers/factory';
import { type Client, recordLinuxCell } from '../providers/nexus';
import type { Reason } from '../providers/nip';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { lockFileOf, readLock, writeLock } from './lock-file';
import { formatBytes, formatTable, printJson } from './output';
import { createPackageProgress } from './package-progress';
import { openState, stateFolder } from './state';
import { readingInput, UsageError } from './usage-error';

export interface LinuxBuildOptions extends CommonOptions {
  readonly locked?: boolean;
  readonly explain?: boolean;
}

export async function buildLinux(
  system: LinuxSystem,
  file: string,
  options: LinuxBuildOptions,
  io: Io,
): Promise<ExitCode> {
  const client = await openState(stateFolder(options, io), io);
  const baseFolder = dirname(resolve(io.cwd, file));
  const lockFile = lockFileOf(file);
  const lock = await findLock(system, { file: lockFile, baseFolder }, client, options, io);
  const request = { system, lock, lockFile, baseFolder };
  const progress = createPackageProgress(io, options);
  try {
    const watched = { signal: io.signal, onProgress: progress.tell };
    const cells = await buildGraftCells(request, client.factory, watched);
    const records: Cid[] = [];
    for (const cell of cells) records.push(await recordLinuxCell(cell, client));
    const papers = await storePapers(cells, system, client);
    progress.clear();
    if (options.json === true) printJson(io.out, describe(system, cells, records, papers, client));
    else io.out.write(formatReport(system, cells));
    if (options.explain === true) await explain(request, client, io);
    return exitCode.ok;
  } finally {
    progress.clear();
  }
}

/** The lock beside the file; the first build makes one, unless told that there must be one. */
async function findLock(
  system: LinuxSystem,
  { file, baseFolder }: { readonly file: string; readonly baseFolder: string },
  client: Client,
  options: LinuxBuildOptions,
  io: Io,
): Promise<Lock> {
  const path = resolve(io.cwd, file);
  const known = await readingInput(() => readLock(path, file));
  if (known !== undefined) return known;
  if (options.locked === true)
    throw new UsageError(
      'missing-lock',
      `Cannot build from "${file}": no such file, and --locked asks for it`,
      {
        hint: 'Run `nexus update`, look at what it pins, and commit it.',
      },
    );
  const origins = new Origins({ system, baseFolder, store: client.factory.store });
  const progress = createPackageProgress(io, options);
  const nowSeconds = Math.floor(io.environment.clock() / 1000);
  const lock = await resolveLock(system, origins, {
    nowSeconds,
    signal: io.signal,
    onProgress: progress.tell,
  });
  progress.clear();
  await writeLock(path, lock);
  io.err.write(`nexus: pinned the packages of today in ${file}; commit it\n`);
  return lock;
}

interface Papers {
  readonly sbom: Cid;
  readonly provenance: Cid;
}

/** Bill of materials and provenance lie in the store beside the cell, by their own CIDs. */
async function storePapers(
  cells: readonly BuiltLinuxCell[],
  system: LinuxSystem,
  { factory }: Client,
): Promise<readonly Papers[]> {
  const papers: Papers[] = [];
  for (const { name, variantCid: cid, npk, sources } of cells) {
    const parameters = system.cells.find((cell) => cell.name === name);
    const about = { name, kind: 'cell' as const, cid, sources };
    const sbom = formatSbom({ ...about, version: npk.manifest.version });
    const provenance = formatProvenance({ ...about, parameters });
    papers.push({
      sbom: await factory.store.put('raw', Buffer.from(sbom)),
      provenance: await factory.store.put('raw', Buffer.from(provenance)),
    });
  }
  return papers;
}

function describe(
  system: LinuxSystem,
  cells: readonly BuiltLinuxCell[],
  records: readonly Cid[],
  papers: readonly Papers[],
  { factory }: Client,
) {
  return {
    name: system.name,
    profile: system.profile,
    architecture: system.architecture,
    cells: cells.map((cell, at) => ({
      name: cell.name,
      variant: cell.variantCid,
      sizeBytes: cell.sizeBytes,
      foreignSizeBytes: cell.foreignSizeBytes,
      packageCount: cell.sources.length,
      reused: cell.isReused,
      record: records[at] ?? null,
      sbom: papers[at]?.sbom ?? null,
      provenance: papers[at]?.provenance ?? null,
    })),
    store: factory.store.folder,
  };
}

function formatReport(system: LinuxSystem, cells: readonly BuiltLinuxCell[]): string {
  const rows = cells.map(({ name, sources, foreignSizeBytes, sizeBytes, variantCid, isReused }) => [
    name,
    `${sources.length}`,
    foreignSizeBytes.toLocaleString('en-US'),
    sizeBytes.toLocaleString('en-US'),
    shareOf(sizeBytes, foreignSizeBytes),
    variantCid,
    isReused ? 'reused' : 'built',
  ]);
  const total = cells.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const isNothingNew = cells.every(({ isReused }) => isReused);
  const state = isNothingNew ? 'built before, nothing to do' : 'built now';
  return [
    `Cells of ${system.name} (${system.profile}, ${system.architecture}): ${formatBytes(total)}, ${state}.\n\n`,
    formatTable(
      [['cell', 'packages', 'foreign bytes', 'kept bytes', 'share', 'variant', ''], ...rows],
      ['left', 'right', 'right', 'right', 'right'],
    ),
  ].join('');
}

function shareOf(sizeBytes: number, foreignSizeBytes: number): string {
  return foreignSizeBytes === 0 ? '-' : `${((100 * sizeBytes) / foreignSizeBytes).toFixed(1)}%`;
}

/** For each kept file why it stayed; links and folders are told through the files. */
async function explain(
  { system, lock, lockFile, baseFolder }: Parameters<typeof buildGraftCells>[0],
  { factory }: Client,
  io: Io,
): Promise<void> {
  const origins = new Origins({ system, baseFolder, store: factory.store });
  for (const cell of system.cells) {
    const request = { cell, architecture: system.architecture, lock: lockOf(cell, system, lock, lockFile) };
    const { tree, reasons } = await filterCell(request, { factory, origins }, { signal: io.signal });
    const rows = tree.flatMap((node) => {
      if (node.type !== 'file') return [];
      return [[node.path, node.sizeBytes.toLocaleString('en-US'), describeReason(reasons.get(node.path))]];
    });
    io.out.write(`\nWhy the files of cell ${cell.name} stay:\n\n`);
    io.out.write(formatTable([['file', 'bytes', 'because'], ...rows], ['left', 'right']));
  }
}

function describeReason(reason: Reason | undefined): string {
  if (reason === undefined) return '';
  if (reason.kind === 'kept') return `keep "${reason.pattern}"`;
  if (reason.kind === 'no-rule') return 'no rule takes it away';
  const words = {
    library: 'library of',
    interpreter: 'interpreter of',
    link: 'target of',
    folder: 'folder of',
  };
  return `${words[reason.kind]} ${reason.by}`;
}
