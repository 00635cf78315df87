/**
 * A user's cell: a folder of C files, compiled against kernel/include/nexus/cell.h and linked by kernel/cell/cell.ld
 * into two segments, which become the flat cell of cell-format.ts.
 */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { NexusError, quote } from '../../model';
import { checkAssembly } from './assembly';
import { formatCell, rumpkLimits } from './cell-format';
import { compile } from './compile';
import { type ElfFile, type ElfSegment, parseElf } from './elf';
import { checkIncludes } from './includes';
import { readSource } from './source';
import { findToolchain, type Toolchain } from './toolchain';

export interface CellRequest {
  readonly name: string;
  /** The folder of the user's C files. */
  readonly sourceFolder: string;
  /** The folder of Rumpk's sources: the interface, start code and layout of cells stand in it. */
  readonly kernelFolder: string;
  readonly stackBytes: number;
  readonly pledgeMask: number;
  /** @default found on the PATH */
  readonly toolchain?: Toolchain | undefined;
  /** Where the compilation has its scratch folder. @default the system's folder for temporary files */
  readonly temporaryFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where a cell's text lies: CELL_BASE of kernel/memlayout.h. */
const cellBase = 0x1000000000;
const pageSizeBytes = 4096;

/** @throws NexusError `missing-source`, `missing-toolchain`, `compile-failed`, `foreign-include`, `bad-elf`, `cell-too-large`, `bad-cell`, `aborted` */
export async function compileCell(request: CellRequest): Promise<Uint8Array> {
  const { name, signal } = request;
  const sources = await cellSources(request);
  const toolchain = request.toolchain ?? (await findToolchain({ signal }));
  const [folder, kernelFolder] = [await realpath(request.sourceFolder), await realpath(request.kernelFolder)];
  const flags = ['-I', join(kernelFolder, 'include')];
  const common = { what: `cell "${name}"`, folder, flags, signal };
  await checkIncludes(toolchain, { ...common, sources, allowedFolders: [kernelFolder] });
  await checkAssembly(toolchain, { ...common, sources, temporaryFolder: request.temporaryFolder });
  const { elf } = await compile(toolchain, {
    ...common,
    sources: [join(kernelFolder, 'cell/crt0.S'), ...sources, join(kernelFolder, 'cell/memory.c')],
    linkerScript: join(kernelFolder, 'cell/cell.ld'),
    mappedFolders: { [kernelFolder]: '/kernel' },
    temporaryFolder: request.temporaryFolder,
  });
  return cellOf(parseElf(elf), request);
}

async function cellSources({ name, sourceFolder }: CellRequest): Promise<string[]> {
  const { files } = await readSource(sourceFolder);
  const sources = files.map(({ path }) => path).filter((path) => /\.[cS]$/.test(path));
  if (sources.length > 0) return sources;
  throw new NexusError(
    'missing-source',
    `Cannot compile cell "${name}": no .c file in ${quote(sourceFolder)}, expected at least one with \`int main(void)\``,
    { hint: 'Put the C files of the cell into that folder.' },
  );
}

/** Text is the segment at the cell's base; data, if there is any, begins on the next page. */
function cellOf(elf: ElfFile, { name, stackBytes, pledgeMask }: CellRequest): Uint8Array {
  const [text, data, ...others] = elf.segments;
  if (text === undefined || text.address !== cellBase || text.isWritable || others.length > 0)
    throw badLayout(name, `${elf.segments.length} segments, expected text at its base and variables`);
  const dataAddress = cellBase + Math.ceil(text.memorySizeBytes / pageSizeBytes) * pageSizeBytes;
  if (data !== undefined && (data.address !== dataAddress || !data.isWritable || data.isExecutable))
    throw badLayout(name, 'variables that are not on the page behind the text');
  checkMemory(name, text, data);
  return formatCell({
    name,
    text: text.bytes,
    data: data?.bytes ?? new Uint8Array(),
    bssSizeBytes: data === undefined ? 0 : data.memorySizeBytes - data.bytes.length,
    entry: elf.entry - cellBase,
    stackSizeBytes: stackBytes,
    pledgeMask,
  });
}

/** Said here, where the sources are at fault, and not where a cell is read. */
function checkMemory(name: string, text: ElfSegment, data: ElfSegment | undefined): void {
  const [textBytes, dataBytes] = [text.memorySizeBytes, data?.memorySizeBytes ?? 0];
  const { cellMemoryBytes } = rumpkLimits;
  if (textBytes + dataBytes <= cellMemoryBytes) return;
  throw new NexusError(
    'cell-too-large',
    `Cannot make cell "${name}": ${textBytes} bytes of text and ${dataBytes} of variables, expected at most ${cellMemoryBytes} together`,
    {
      hint: 'Make the arrays of the cell smaller; a cell has no other memory than its variables and its stack.',
    },
  );
}

function badLayout(name: string, reason: string): NexusError {
  return new NexusError('bad-elf', `Cannot make cell "${name}": ${reason}`, {
    hint: 'Take linker scripts and section attributes out of the sources.',
  });
}
