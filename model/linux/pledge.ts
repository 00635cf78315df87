/**
 * Pledges of a Linux cell, in the words of OpenBSD's pledge(2), and the rights of unveil(2). The launcher puts them into
 * force before the cell's first instruction: system calls by seccomp, paths by Landlock.
 */
import { NexusError, quote } from '../error';
import { suggest } from '../suggest';
import { hasOddParts, isPlainText } from './_text';

const table = {
  stdio: 'memory, threads, time, signals to itself, descriptors that it has',
  rpath: 'read files',
  wpath: 'write files',
  cpath: 'make, rename and remove files and folders',
  dpath: 'make special files',
  tmppath: 'files in /tmp',
  fattr: 'change times and modes of files',
  chown: 'change the owner of files',
  flock: 'lock files',
  inet: 'IP sockets',
  mcast: 'multicast',
  unix: 'Unix sockets',
  dns: 'ask name servers',
  sendfd: 'send descriptors',
  recvfd: 'receive descriptors',
  tty: 'change a terminal',
  proc: 'processes, signals to others',
  exec: 'start programs',
  prot_exec: 'make memory that may be run',
  settime: 'set the clock',
  ps: 'see other processes',
  id: 'change its user, groups and limits',
  mount: 'mount and namespaces (of Linux; not of OpenBSD)',
  error: 'a call that was not pledged fails with ENOSYS instead of ending the cell',
} as const;

export type LinuxPledge = keyof typeof table;

/** Every pledge with its meaning, in the order in which they are written. */
export const linuxPledges: Readonly<Record<LinuxPledge, string>> = table;
export const linuxPledgeNames = Object.keys(table) as readonly LinuxPledge[];

/** Each pledge once, in the order of the table. @throws NexusError `unknown-pledge`, `duplicate-pledge` */
export function checkLinuxPledges(texts: readonly string[]): readonly LinuxPledge[] {
  const parsed = texts.map(parseLinuxPledge);
  const repeated = parsed.find((pledge, index) => parsed.indexOf(pledge) !== index);
  if (repeated === undefined) return linuxPledgeNames.filter((name) => parsed.includes(name));
  throw new NexusError(
    'duplicate-pledge',
    `Cannot pledge "${repeated}": it is pledged already, expected each pledge once`,
    { hint: 'Remove one of the two.' },
  );
}

/** @throws NexusError `unknown-pledge` */
export function parseLinuxPledge(text: string): LinuxPledge {
  const found = linuxPledgeNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new NexusError(
    'unknown-pledge',
    `Cannot read pledge ${quote(text)}: unknown name, expected one of ${linuxPledgeNames.join(', ')}`,
    { hint: suggest(text, linuxPledgeNames) },
  );
}

/** What a cell may do below a path: r read, w write, x run, c make and remove. */
export interface Unveil {
  /** Absolute. */
  readonly path: string;
  /** Some of `rwxc`, in that order. */
  readonly rights: string;
}

/** @throws NexusError `bad-unveil` */
export function checkUnveil({ path, rights }: Unveil): Unveil {
  const isPath = path === '/' || (path.startsWith('/') && isPlainText(path, 500) && !hasOddParts(path));
  if (!isPath) throw badUnveil(path, 'no absolute path without "." and ".."');
  const sorted = [...'rwxc'].filter((right) => rights.includes(right)).join('');
  if (rights.length === 0 || sorted.length !== rights.length)
    throw badUnveil(path, `rights ${quote(rights)}, expected some of "rwxc", each once`);
  return { path, rights: sorted };
}

function badUnveil(path: string, reason: string): NexusError {
  return new NexusError('bad-unveil', `Cannot unveil ${quote(path)}: ${reason}`, {
    hint: 'Write it like `unveil "/var/lib/app" "rwc"`.',
  });
}
