/** Pledges about files: by the flags of an open; which paths, is unveil's matter. */
import { masked, type Rule, rule } from './rule';

const paths = [['rpath'], ['wpath'], ['cpath'], ['tmppath'], ['exec']] as const;

/**
 * O_ACCMODE 3, O_CREAT 0x40, O_TRUNC 0x200 and the own bit of O_TMPFILE 0x400000 are equal on both machines. O_TRUNC
 * writes, even with O_RDONLY; access mode 3 is of no use to anybody honest and never allowed.
 */
function openRules(call: string, flags: number): readonly Rule[] {
  return [
    rule([['rpath']], call, 'O_RDONLY', [masked(flags, 0x400243, 0)]),
    rule([['wpath']], call, 'O_WRONLY', [masked(flags, 0x400043, 1)]),
    rule([['rpath', 'wpath']], call, 'O_RDWR', [masked(flags, 0x400043, 2)]),
    rule([['rpath', 'wpath']], call, 'O_RDONLY with O_TRUNC', [masked(flags, 0x400243, 0x200)]),
    rule([['wpath', 'cpath']], call, 'O_WRONLY with O_CREAT or O_TMPFILE', [masked(flags, 3, 1)]),
    rule([['rpath', 'cpath']], call, 'O_RDONLY with O_CREAT', [masked(flags, 0x400243, 0x40)]),
    rule([['rpath', 'wpath', 'cpath']], call, 'O_RDWR with O_CREAT or O_TMPFILE', [masked(flags, 3, 2)]),
    rule([['tmppath']], call, 'any access mode', [masked(flags, 3, 0, 1, 2)]),
  ];
}

/** Types of a new node: regular 0x8000 (or 0) and socket 0xc000 are no device. */
const plainNode = [0, 0x8000, 0xc000];

export const fileRules: readonly Rule[] = [
  ...openRules('open', 1),
  ...openRules('openat', 2),
  // The C library of a static program reads /proc/self/exe before it does anything else.
  rule([['stdio']], 'readlink readlinkat'),
  rule([['rpath', 'wpath', 'cpath']], 'openat2'),
  rule([['wpath', 'cpath'], ['tmppath']], 'creat'),
  rule(paths, 'access faccessat faccessat2 stat lstat newfstatat statx statfs fstatfs chdir'),
  rule(
    [['rpath']],
    'getdents getdents64 inotify_init inotify_init1 inotify_add_watch inotify_rm_watch cachestat',
  ),
  rule([['rpath']], 'getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr getxattrat listxattrat'),
  rule([['wpath']], 'truncate sync syncfs'),
  rule([['cpath']], 'mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink symlinkat'),
  rule([['cpath'], ['tmppath']], 'unlink unlinkat'),
  rule([['cpath']], 'mknod', 'regular files and sockets', [masked(1, 0xf000, ...plainNode)]),
  rule([['cpath']], 'mknodat', 'regular files and sockets', [masked(2, 0xf000, ...plainNode)]),
  rule([['dpath']], 'mknod mknodat'),
  rule([['fattr']], 'utime utimes futimesat utimensat'),
  rule([['fattr']], 'chmod fchmod', 'without setuid and setgid', [masked(1, 0xc00, 0)]),
  rule([['fattr']], 'fchmodat fchmodat2', 'without setuid and setgid', [masked(2, 0xc00, 0)]),
  rule(
    [['fattr']],
    'setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat',
  ),
  rule([['chown']], 'chown fchown lchown fchownat'),
];
