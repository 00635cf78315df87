/** `nexus build` of a Linux profile: foreign packages, from the lock, to sealed cells and an image that boots. */
import { dirname, resolve } from 'node:path';
import { type Cid, type LinuxSystem, type Lock, profiles } from '../model';
import {
  type BuiltLinuxCell,
  type BuiltLinuxSystem,
  buildLinuxSystem,
  completeSystem,
  filterCell,
  formatProvenance,
  formatSbom,
  kernelCell,
  type LinuxSystemRequest,
  lockOf,
  Origins,
  resolveLock,
} from '../providers/factory';
import { type Client, recordLinuxCell, recordLinuxImage } from '../providers/nexus';
import type { Reason } from '../providers/nip';
import { writeImageFolder } from './image-folder';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { lockFileOf, readLock, writeLock } from './lock-file';
import { noteLockFile } from './lock-places';
import { formatBytes, formatTable, printJson } from './output';
import { createPackageProgress } from './package-progress';
import { openState, stateFolder } from './state';
import { readingInput, UsageError } from './usage-error';

export interface LinuxBuildOptions extends CommonOptions {
  readonly locked?: boolean;
  readonly explain?: boolean;
  readonly output?: string;
}

export async function buildLinux(
  definition: LinuxSystem,
  file: string,
  options: LinuxBuildOptions,
  io: Io,
): Promise<ExitCode> {
  const system = await readingInput(() => completeSystem(definition));
  const client = await openState(stateFolder(options, io), io);
  const baseFolder = dirname(resolve(io.cwd, file));
  const lockFile = lockFileOf(file);
  const lock = await findLock(system, { file: lockFile, baseFolder }, client, options, io);
  await noteLockFile(client.stateDir, resolve(io.cwd, lockFile));
  const request = { system, lock, lockFile, baseFolder };
  const built = await buildWatched(request, client, options, io);
  const records: Cid[] = [];
  for (const cell of built.cells) records.push(await recordLinuxCell(cell, client));
  const papers = await storePapers(built.cells, system, client);
  const image = await recordLinuxImage(built, client);
  const output = options.output === undefined ? undefined : resolve(io.cwd, options.output);
  if (output !== undefined) await writeImageFolder(built.image, output, client.factory.store);
  if (options.json === true) printJson(io.out, describe(built, { records, papers, image, output }, client));
  else io.out.write(formatReport(system, built, output));
  if (options.explain === true) await explain(request, client, io);
  return exitCode.ok;
}

async function buildWatched(
  request: LinuxSystemRequest,
  { factory }: Client,
  options: LinuxBuildOptions,
  io: Io,
): Promise<BuiltLinuxSystem> {
  const progress = createPackageProgress(io, options);
  try {
    return await buildLinuxSystem(request, factory, { signal: io.signal, onProgress: progress.tell });
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

interface Written {
  readonly records: readonly Cid[];
  readonly papers: readonly Papers[];
  readonly image: Cid;
  readonly output: string | undefined;
}

function describe({ cells, image }: BuiltLinuxSystem, written: Written, { factory }: Client) {
  const { manifest } = image;
  return {
    name: image.name,
    profile: manifest.profile,
    architecture: manifest.architecture,
    image: image.imageCid,
    sizeBytes: image.sizeBytes,
    reused: image.isReused,
    record: written.image,
    parts: image.parts,
    kernel: manifest.kernel.kernelRelease,
    cells: cells.map((cell, at) => ({
      name: cell.name,
      variant: cell.variantCid,
      sizeBytes: cell.sizeBytes,
      foreignSizeBytes: cell.foreignSizeBytes,
      packageCount: cell.sources.length,
      reused: cell.isReused,
      record: written.records[at] ?? null,
      sbom: written.papers[at]?.sbom ?? null,
      provenance: written.papers[at]?.provenance ?? null,
    })),
    store: factory.store.folder,
    output: written.output ?? null,
  };
}

function formatReport(
  { profile, architecture }: LinuxSystem,
  built: BuiltLinuxSystem,
  output?: string,
): string {
  const { image, cells } = built;
  const { budgetBytes } = profiles[profile];
  const budget = budgetBytes === undefined ? '' : ` of the ${formatBytes(budgetBytes)} that it may have`;
  const state = image.isReused ? 'built before, nothing to do' : 'built now';
  const parts = image.parts
    .toSorted((left, right) => right.sizeBytes - left.sizeBytes)
    .map(({ name, sizeBytes }) => [
      name,
      sizeBytes.toLocaleString('en-US'),
      shareOf(sizeBytes, image.sizeBytes),
    ]);
  const rows = cells.map(({ name, sources, foreignSizeBytes, sizeBytes, variantCid, isReused }) => [
    name,
    `${sources.length}`,
    foreignSizeBytes.toLocaleString('en-US'),
    sizeBytes.toLocaleString('en-US'),
    shareOf(sizeBytes, foreignSizeBytes),
    variantCid,
    isReused ? 'reused' : 'built',
  ]);
  return [
    `Image ${image.name} (${profile}, ${architecture}): ${formatBytes(image.sizeBytes)}${budget}, ${state}.\n\n`,
    formatTable([['part', 'bytes', 'share'], ...parts], ['left', 'right', 'right']),
    '\n',
    formatTable(
      [['cell', 'packages', 'foreign bytes', 'kept bytes', 'share', 'variant', ''], ...rows],
      ['left', 'right', 'right', 'right', 'right'],
    ),
    `\nimage ${image.imageCid}, Linux ${image.manifest.kernel.kernelRelease}\n`,
    output === undefined ? '' : `Written to: ${output}\n`,
  ].join('');
}

function shareOf(sizeBytes: number, foreignSizeBytes: number): string {
  return foreignSizeBytes === 0 ? '-' : `${((100 * sizeBytes) / foreignSizeBytes).toFixed(1)}%`;
}

/** For each kept file why it stayed; links and folders are told through the files. */
async function explain(
  { system, lock, lockFile, baseFolder }: LinuxSystemRequest,
  { factory }: Client,
  io: Io,
): Promise<void> {
  const origins = new Origins({ system, baseFolder, store: factory.store });
  for (const cell of system.cells.filter(({ name }) => name !== kernelCell)) {
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
