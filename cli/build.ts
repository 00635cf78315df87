/** `nexus build`: from a system.kdl to a bootable image, without Terraform. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  type Cid,
  checkProfileIsBuilt,
  NexusError,
  parseProfileName,
  parseSystemFile,
  profiles,
  type System,
  type SystemFile,
} from '../model';
import { writeDurably } from '../providers/durable';
import { type BuildOptions, type BuiltSystem, buildSystem, readSource } from '../providers/factory';
import { type Client, recordCell, recordImage } from '../providers/nexus';
import { buildLinux, type LinuxBuildOptions } from './build-linux';
import { type ExitCode, exitCode, type Io } from './io';
import { formatBytes, formatTable, printJson } from './output';
import { createProgress } from './progress';
import { openState, stateFolder } from './state';
import { readSystemText } from './system-text';
import { readingInput, UsageError } from './usage-error';
import { createLedgerVerb, withLedger, withRegistry } from './verb';

interface Options extends LinuxBuildOptions {
  readonly profile?: string;
  readonly output?: string;
  readonly registry?: string;
  readonly insecure?: boolean;
}

export function defineBuild(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('build', 'build the image that a system.kdl describes', [
    ['nexus build', 'builds ./system.kdl into the store'],
    ['nexus build --profile=tinybox node/system.kdl', 'refuses a file of another profile'],
    ['nexus build -o node.img', 'writes the image to a file too'],
  ])
    .argument('[file]', 'the KDL file', 'system.kdl')
    .option('--profile <name>', 'the profile that the file must have')
    .option('-o, --output <file>', 'write the image to this file')
    .option('--registry <place>', 'HOST/NAME: ask there first for what is not built here yet')
    .option('--insecure', 'plain HTTP to a registry on another machine')
    .option('--locked', 'refuse to build what no lock pins (Linux profiles)')
    .option('--explain', 'say for each kept file why it stayed (Linux profiles)')
    .action(async (file: string, options: Options) =>
      end(await build(file, options, withRegistry(options, withLedger(options, io)))),
    );
}

async function build(file: string, options: Options, io: Io): Promise<ExitCode> {
  const { text, parsed } = await readingInput(() => readInput(file, options, io));
  if (parsed.kernel === 'linux') return buildLinux(parsed.system, file, options, io);
  const { system } = parsed;
  const client = await openState(stateFolder(options, io), io);
  const made = await buildWatched(text, file, client, options, io);
  const records = await recordAll(made.built, client);
  const output =
    options.output === undefined ? undefined : await writeImage(made.built, options.output, client, io);
  const report = describe(system, made, records, output);
  if (options.json) printJson(io.out, report);
  else io.out.write(formatReport(report, client));
  return exitCode.ok;
}

/** All that can be wrong with the input is found here, before anything is compiled or written. */
async function readInput(
  file: string,
  options: Options,
  { cwd }: Io,
): Promise<{ text: string; parsed: SystemFile }> {
  const path = resolve(cwd, file);
  const text = await readSystemText(path, file);
  const parsed = parseSystemFile(text, file);
  checkProfile(parsed.system, file, options.profile);
  if (parsed.kernel === 'linux') return { text, parsed };
  if (options.output !== undefined) await checkFolderOf(resolve(cwd, options.output), options.output);
  checkProfileIsBuilt(parsed.system.profile);
  for (const { source } of parsed.system.cells) await readSource(resolve(dirname(path), source));
  return { text, parsed };
}

function checkProfile(system: Pick<System, 'profile'>, file: string, wanted: string | undefined): void {
  if (wanted === undefined || parseProfileName(wanted) === system.profile) return;
  throw new UsageError(
    'other-profile',
    `Cannot build "${file}" as profile "${wanted}": the file says "${system.profile}"`,
    { hint: `Say --profile=${system.profile}, or change \`profile "${system.profile}"\` in the file.` },
  );
}

async function checkFolderOf(path: string, output: string): Promise<void> {
  const [folder, target] = await Promise.all(
    [dirname(path), path].map((each) => stat(each).catch(() => undefined)),
  );
  if (folder?.isDirectory() && !target?.isDirectory()) return;
  const reason = target?.isDirectory() ? 'it is a folder, expected a file' : 'its folder does not exist';
  throw new UsageError('bad-output', `Cannot write "${output}": ${reason}`, {
    hint: 'Name a file in a folder that exists.',
  });
}

interface Made {
  readonly built: BuiltSystem;
  /** What was compiled or assembled just now, in the words of the factory: `compile-cell hello`. */
  readonly done: ReadonlySet<string>;
}

const phaseWords = {
  'compile-cell': 'compiling cell',
  'compile-kernel': 'compiling',
  'assemble-image': 'assembling image',
  reuse: 'reusing',
} as const;

/** The file is given by its absolute path, as that is where the cells' sources are looked for. */
async function buildWatched(
  text: string,
  file: string,
  client: Client,
  options: Options,
  io: Io,
): Promise<Made> {
  const progress = createProgress(io.err, options.json === true);
  const done = new Set<string>();
  const onProgress: BuildOptions['onProgress'] = (phase, detail) => {
    if (phase !== 'reuse') done.add(`${phase} ${detail}`);
    progress.step(phaseWords[phase], detail);
  };
  try {
    const built = await buildSystem(text, resolve(io.cwd, file), client.factory, {
      signal: io.signal,
      onProgress,
    });
    return { built, done };
  } finally {
    progress.clear();
  }
}

interface Records {
  readonly cells: Readonly<Record<string, Cid>>;
  readonly image: Cid;
}

async function recordAll({ cells, image }: BuiltSystem, client: Client): Promise<Records> {
  const cids: Record<string, Cid> = {};
  for (const [name, cell] of Object.entries(cells)) cids[name] = await recordCell(cell, client);
  return { cells: cids, image: await recordImage(image, client) };
}

async function writeImage(
  { image }: BuiltSystem,
  output: string,
  client: Client,
  { cwd }: Io,
): Promise<string> {
  const path = resolve(cwd, output);
  try {
    await writeDurably(path, await client.factory.store.get(image.imageCid), { mode: 0o666 });
  } catch (cause) {
    if (cause instanceof NexusError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NexusError('output-failed', `Cannot write "${output}": ${reason}`, {
      hint: 'The image is in the store all the same: repeat with another --output.',
      cause,
    });
  }
  return path;
}

function describe(system: System, { built, done }: Made, records: Records, output: string | undefined) {
  const { image, cells } = built;
  return {
    name: image.name,
    profile: system.profile,
    image: image.imageCid,
    sizeBytes: image.sizeBytes,
    budgetBytes: profiles[system.profile].budgetBytes ?? null,
    reused: !done.has(`assemble-image ${image.name}`),
    record: records.image,
    parts: image.parts,
    cells: Object.values(cells).map((cell) => ({
      name: cell.name,
      variant: cell.variantCid,
      sizeBytes: cell.sizeBytes,
      source: cell.sourceDigest,
      reused: !done.has(`compile-cell ${cell.name}`),
      record: records.cells[cell.name] ?? null,
    })),
    kernel: image.kernelDigest,
    toolchain: image.compiler,
    output: output ?? null,
  };
}

type Report = ReturnType<typeof describe>;

function formatReport(report: Report, { factory }: Client): string {
  const { name, profile, sizeBytes, budgetBytes, reused, parts, cells, image, output } = report;
  const share = (bytes: number): string => `${Math.round((100 * bytes) / sizeBytes)}%`;
  const budget = budgetBytes === null ? '' : ` of the ${formatBytes(budgetBytes)} that it may have`;
  const partRows = parts
    .toSorted((left, right) => right.sizeBytes - left.sizeBytes)
    .map((part) => [part.name, part.sizeBytes.toLocaleString('en-US'), share(part.sizeBytes)]);
  const cellRows = cells.map((cell) => [
    `cell ${cell.name}`,
    cell.variant,
    cell.reused ? 'reused' : 'compiled',
  ]);
  return [
    `Image ${name} (${profile}): ${formatBytes(sizeBytes)}${budget}, ${reused ? 'built before' : 'built now'}.\n\n`,
    formatTable([['part', 'bytes', 'share'], ...partRows], ['left', 'right', 'right']),
    '\n',
    formatTable([[`image ${name}`, image, reused ? 'reused' : 'assembled'], ...cellRows]),
    `\n${output === null ? 'In the store' : 'Written to'}: ${output ?? factory.store.pathOf(image)}\n`,
  ].join('');
}
