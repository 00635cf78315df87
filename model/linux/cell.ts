/** A cell of a Linux graft: what it is made of, what stays of that, and what it may do. */
import { NexusError, quote } from '../error';
import { checkName } from '../name';
import { hasOddParts, isPlainText } from './_text';
import { checkLinuxPledges, checkUnveil, type LinuxPledge, type Unveil } from './pledge';
import { type AdapterName, parseAdapterName } from './repository';

export interface CellPackage {
  readonly name: string;
  /** Undefined where the system has one repository. */
  readonly from: AdapterName | undefined;
}

export interface CellLink {
  /** Absolute. */
  readonly path: string;
  readonly target: string;
}

export interface LinuxCell {
  readonly name: string;
  /** Each with all that it depends on. */
  readonly packages: readonly CellPackage[];
  /** Patterns of what must stay, with what that needs; empty for all but documentation and the like. */
  readonly keep: readonly string[];
  readonly drop: readonly string[];
  /** Links that a package would have made in its scripts, such as `/bin/sh`. */
  readonly links: readonly CellLink[];
  readonly pledges: readonly LinuxPledge[];
  readonly unveils: readonly Unveil[];
  /** A service's program and arguments; undefined for a cell that is only there to be used. */
  readonly run: readonly string[] | undefined;
}

/** The most values that one node of a cell may have. */
export const linuxCellLimits = { packages: 256, patterns: 1024, arguments: 64 } as const;

/** @returns the cell in its one order. @throws NexusError of the first field that is wrong */
export function checkLinuxCell(cell: LinuxCell): LinuxCell {
  if (cell.packages.length === 0)
    throw new NexusError('no-package', `Cannot make cell "${cell.name}": it has no package, expected one`, {
      hint: 'Add `package "…"`.',
    });
  return {
    name: checkName('cell', cell.name),
    packages: sortBy(cell.packages.map(checkPackage), ({ name, from }) => `${name} ${from}`),
    keep: sortBy(cell.keep.map(checkPattern), String),
    drop: sortBy(cell.drop.map(checkPattern), String),
    links: sortBy(cell.links.map(checkLink), ({ path }) => path),
    pledges: checkLinuxPledges(cell.pledges),
    unveils: sortBy(cell.unveils.map(checkUnveil), ({ path }) => path),
    run: cell.run === undefined ? undefined : checkRun(cell.run),
  };
}

/** Sorted by a key that is there once: one content has one text. @throws NexusError `duplicate-value` */
function sortBy<T>(list: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const sorted = list.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  const repeated = sorted.find((item, at) => at > 0 && keyOf(sorted[at - 1] ?? item) === keyOf(item));
  if (repeated === undefined) return sorted;
  throw new NexusError('duplicate-value', `Cannot add ${quote(keyOf(repeated))}: it is there already`, {
    hint: 'Remove one of the two.',
  });
}

/** @throws NexusError `bad-package` */
export function checkPackage({ name, from }: CellPackage): CellPackage {
  if (!/^[A-Za-z0-9][A-Za-z0-9+._/:@-]{0,127}$/.test(name) || name.includes('..'))
    throw new NexusError(
      'bad-package',
      `Cannot use package ${quote(name)}: not a name, expected letters, digits and +._/:@-`,
      {
        hint: 'Write the name as the distribution has it, without a version.',
      },
    );
  return { name, from: from === undefined ? undefined : parseAdapterName(from) };
}

/** @throws NexusError `bad-pattern` */
export function checkPattern(pattern: string): string {
  const bare = pattern.replace(/^\/+/, '');
  if (isPlainText(bare, 500) && !hasOddParts(bare)) return bare;
  throw new NexusError(
    'bad-pattern',
    `Cannot use pattern ${quote(pattern)}: expected a path such as "usr/bin/tool" or "usr/lib/**/*.so"`,
    { hint: 'A `*` stands for part of a name, `**` for any folders.' },
  );
}

/** @throws NexusError `bad-link` */
function checkLink({ path, target }: CellLink): CellLink {
  const isPath = path.startsWith('/') && isPlainText(path, 500) && !hasOddParts(path);
  if (isPath && isPlainText(target, 500)) return { path, target };
  throw new NexusError(
    'bad-link',
    `Cannot make link ${quote(path)}: expected an absolute path and a target`,
    {
      hint: 'Write it like `link "/bin/sh" "dash"`.',
    },
  );
}

/** @throws NexusError `bad-run` */
function checkRun(words: readonly string[]): readonly string[] {
  const [program = ''] = words;
  const isRun =
    program.startsWith('/') &&
    words.length <= linuxCellLimits.arguments &&
    words.every((word) => isPlainText(word, 1000));
  if (isRun) return words;
  throw new NexusError(
    'bad-run',
    `Cannot run ${quote(words.join(' '))}: expected an absolute path and arguments`,
    {
      hint: 'Write it like `run "/usr/bin/containerd" "--log-level" "info"`.',
    },
  );
}
