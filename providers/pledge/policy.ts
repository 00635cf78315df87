/**
 * A cell's policy: what `/sbin/launch` puts into force before the cell's program starts, and what it then starts. The
 * reader is kernel/graft/launch/policy.c. Little-endian; strings end with a zero byte:
 *
 *    0 "NXPL"   4 u16 version 1   6 u16 ELF machine   8 u32 size of all   12 u16 flags   14 u16 filter instructions
 *   16 u16 places of the process id in the filter   18 u16 unveils   20 u16 reports   22 u16 words   24 u16 environment
 *   26 u16 0   28 u32 user   32 u32 group (0xffffffff: keep both)
 *   36 filter: u16 code, u8 whenTrue, u8 whenFalse, u32 operand, each
 *      places: u16 number of the instruction, each
 *      name of the cell
 *      unveils: u8 rights (r 1, w 2, x 4, c 8), path
 *      reports: u16 call number, u8 conditions, conditions, name of the call, pledges that would allow it
 *        condition: u8 argument, u8 is the upper half, u32 mask, u32 value
 *      words: the program's path and its arguments
 *      environment: NAME=value
 *
 * Flag 1: `exec` is not pledged, and the supervisor lets the launcher's own execve through, once.
 * Flag 2: `error` is pledged, and a call that reaches the supervisor fails instead of ending its process.
 */
import {
  type Architecture,
  type LinuxCell,
  type LinuxPledge,
  NexusError,
  quote,
  type Unveil,
} from '../../model';
import { architectureNumbers, checkLauncherArchitecture, type LauncherArchitecture } from './architecture';
import { compileFilter, type Grant, type Instruction } from './filter';
import { type Report, reportsOf } from './report';

export interface CellPolicy extends Pick<LinuxCell, 'name' | 'pledges' | 'unveils' | 'run'> {
  /** Sorted by name. @default a PATH of the usual folders */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whom it runs as, by number. @default whoever started the launcher */
  readonly user?: { readonly userId: number; readonly groupId: number };
}

/** The launcher's buffer; a policy is seldom over 20 KiB. */
export const policySizeMaxBytes = 65_536;
const defaultEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const keep = 0xffffffff;
const headerSizeBytes = 36;

/**
 * The same cell has the same bytes.
 * @throws NexusError `no-run`, `no-launcher`, `mount-with-unveil`, `tmppath-without-unveil`, `bad-environment`,
 *   `policy-too-large`
 */
export function formatCellPolicy(cell: CellPolicy, architecture: Architecture): Uint8Array {
  const machine = checkLauncherArchitecture(architecture);
  if (cell.run === undefined)
    throw new NexusError('no-run', `Cannot make a policy of cell "${cell.name}": it runs nothing`, {
      hint: 'Add `run "/usr/bin/…"`.',
    });
  const unveils = effectiveUnveils(cell);
  const grant: Grant = { pledges: cell.pledges, isUnveiled: unveils.length > 0 };
  const filter = compileFilter(grant, machine);
  const places = filter.flatMap(({ isSelf }, index) => (isSelf ? [index] : []));
  const reports = reportsOf(grant, machine);
  const environment = formatEnvironment(cell);
  const body = Buffer.concat([
    ...filter.map(formatInstruction),
    ...places.map(u16),
    text(cell.name),
    ...unveils.flatMap(({ path, rights }) => [Buffer.of(rightBits(rights)), text(path)]),
    ...reports.map(formatReport),
    ...cell.run.map(text),
    ...environment.map(text),
  ]);
  const counts = [filter, places, unveils, reports, cell.run, environment].map(({ length }) => length);
  return seal(cell, machine, counts, body);
}

/**
 * `tmppath` is /tmp and nothing else, which only unveil can say; and Landlock denies every mount to whoever it guards
 * (Documentation/userspace-api/landlock.rst), so a cell that mounts has no unveils.
 */
function effectiveUnveils({ name, pledges, unveils }: CellPolicy): readonly Unveil[] {
  if (pledges.includes('mount') && unveils.length > 0)
    throw new NexusError(
      'mount-with-unveil',
      `Cannot make a policy of cell "${name}": it pledges mount and unveils ${quote(unveils[0]?.path ?? '')}, expected one of the two`,
      {
        hint: 'Linux denies every mount to a process whose paths are guarded: remove `mount` or the unveils.',
      },
    );
  if (!pledges.includes('tmppath')) return unveils;
  if (unveils.length === 0)
    throw new NexusError(
      'tmppath-without-unveil',
      `Cannot make a policy of cell "${name}": it pledges tmppath and unveils nothing, expected the paths that it uses`,
      { hint: 'Add an `unveil` for each, or pledge `rpath`, `wpath` and `cpath` instead of `tmppath`.' },
    );
  return [...unveils.filter(({ path }) => path !== '/tmp'), { path: '/tmp', rights: 'rwc' }];
}

function formatEnvironment({ name, environment = defaultEnvironment }: CellPolicy): readonly string[] {
  const entries = Object.entries(environment).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([key, value]) => {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !value.includes('\0')) return `${key}=${value}`;
    throw new NexusError(
      'bad-environment',
      `Cannot make a policy of cell "${name}": environment ${quote(key)} has no name or a zero byte`,
      { hint: 'Use letters, digits and "_" in its name.' },
    );
  });
}

function seal(
  cell: CellPolicy,
  architecture: LauncherArchitecture,
  counts: readonly number[],
  body: Uint8Array,
): Uint8Array {
  const size = headerSizeBytes + body.length;
  if (size > policySizeMaxBytes || counts.some((count) => count > 0xffff))
    throw new NexusError(
      'policy-too-large',
      `Cannot make a policy of cell "${cell.name}": ${size} bytes, expected at most ${policySizeMaxBytes}`,
      { hint: 'Unveil folders instead of single files.' },
    );
  const { userId = keep, groupId = keep } = cell.user ?? {};
  const head = [
    Buffer.from('NXPL', 'latin1'),
    ...[1, architectureNumbers[architecture].elfMachine].map(u16),
    u32(size),
    ...[flagsOf(cell.pledges), ...counts, 0].map(u16),
    ...[userId, groupId].map(u32),
  ];
  return new Uint8Array(Buffer.concat([...head, body]));
}

function flagsOf(pledges: readonly LinuxPledge[]): number {
  return (pledges.includes('exec') ? 0 : 1) | (pledges.includes('error') ? 2 : 0);
}

function rightBits(rights: string): number {
  return [...'rwxc'].reduce((bits, right, index) => bits | (rights.includes(right) ? 1 << index : 0), 0);
}

function formatInstruction({ code, whenTrue, whenFalse, operand }: Instruction): Buffer {
  return Buffer.concat([u16(code), Buffer.of(whenTrue, whenFalse), u32(operand)]);
}

function formatReport({ call, conditions, name, needs }: Report): Buffer {
  const tests = conditions.map(({ argument, isUpper, mask, value }) =>
    Buffer.concat([Buffer.of(argument, isUpper ? 1 : 0), u32(mask), u32(value)]),
  );
  return Buffer.concat([u16(call), Buffer.of(tests.length), ...tests, text(name), text(needs)]);
}

function u16(value: number): Buffer {
  return Buffer.of(value & 0xff, value >> 8);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'utf8');
}
