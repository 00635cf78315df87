/** From calls of a trace to pledges and unveils. */
import { Suggester, type Suggestion, TraceReader } from '../../../providers/pledge';

const hex = (text: string): string =>
  [...Buffer.from(text, 'utf8')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

const start = `1 execve("${hex('/bin/app')}", [...], 0x7ff /* 3 vars */) = 0`;

function suggest(...lines: string[]): Suggestion {
  const [reader, suggester] = [new TraceReader(), new Suggester({ folder: '/work' })];
  for (const line of [start, ...lines]) {
    const call = reader.read(line);
    if (call !== undefined) suggester.add(call);
  }
  return suggester.finish();
}

const pledgesOf = (...lines: string[]): string[] => suggest(...lines).pledges.map(({ pledge }) => pledge);
const unveilsOf = (...lines: string[]): string[] =>
  suggest(...lines).unveils.map(({ path, rights }) => `${path} ${rights}`);
const open = (path: string, flags: number, result = 3): string =>
  `1 openat(-100<${hex('/work')}>, "${hex(path)}", 0x${flags.toString(16)}) = ${result < 0 ? `${result} ENOENT (No such file)` : `${result}<${hex(path)}>`}`;

test('the fewest pledges that allow every call', () => {
  expect(pledgesOf('1 getpid() = 1', '1 exit_group(0) = ?')).toEqual(['stdio']);
  expect(pledgesOf('1 exit_group(0) = ?')).toEqual([]);
  expect(pledgesOf(open('/a', 0))).toEqual(['rpath']);
  expect(pledgesOf(open('/a', 2))).toEqual(['rpath', 'wpath']);
  expect(pledgesOf(open('/a', 0o101))).toEqual(['wpath', 'cpath']);
  expect(pledgesOf('1 socket(0x2, 0x1|0x80000, 0) = 3')).toEqual(['inet']);
  expect(pledgesOf('1 kill(1, 0x6) = 0')).toEqual(['stdio']);
  expect(pledgesOf('1 kill(2, 0x6) = 0')).toEqual(['proc']);
  expect(pledgesOf('1 prlimit64(0, 0x3, {rlim_cur=1, rlim_max=2}, NULL) = 0', '1 setuid(5) = 0')).toEqual([
    'id',
  ]);
});

test('threads and processes are told apart in clone and clone3', () => {
  const thread = '1 clone3({flags=0x3d0f00, child_tid=0x7f, exit_signal=0, stack_size=0x7f}, 88) = 2';
  const child = '1 clone(child_stack=NULL, flags=0x1200000|17, child_tidptr=0x7fe6) = 2';
  expect([pledgesOf(thread), pledgesOf(child)]).toEqual([['stdio'], ['proc']]);
});

test('a call that no pledge allows is named, and one with an older form is not', () => {
  expect(
    suggest('1 io_uring_setup(8, 0x7f) = 3', '1 openat2(-100, "\\x61", {flags=0}, 24) = 3').refused,
  ).toEqual(['io_uring_setup']);
});

test('a program’s start is the launcher’s, another execve is its own', () => {
  expect(pledgesOf()).toEqual([]);
  expect(pledgesOf(start)).toEqual(['exec']);
});

test('paths by what was done with them', () => {
  expect(unveilsOf(open('/etc/a', 0), open('/etc/none', 0, -1))).toEqual(['/bin/app rx', '/etc/a r']);
  expect(unveilsOf(open('/var/x/new', 0o101))).toEqual(['/bin/app rx', '/var/x wc']);
  expect(unveilsOf(`1 mkdir("${hex('d/e')}", 0777) = 0`)).toEqual(['/bin/app rx', '/work/d c']);
  expect(unveilsOf(`1 chdir("${hex('/srv')}") = 0`, `1 unlink("${hex('../tmp/x')}") = 0`)).toEqual([
    '/bin/app rx',
    '/tmp c',
  ]);
  expect(unveilsOf(open('/proc/123/status', 0))).toEqual(['/bin/app rx', '/proc r']);
  expect(unveilsOf('1 memfd_create("\\x61", 0) = 3')).toEqual(['/bin/app rx']);
});

test('what is gone after the run is said as the folder that it was in', () => {
  const suggester = new Suggester({
    folder: '/',
    isThere: (path) => path !== '/tmp/a' && path !== '/tmp/a/b',
  });
  const reader = new TraceReader();
  for (const line of [start, open('/tmp/a/b', 0), `1 rmdir("${hex('/tmp/a')}") = 0`]) {
    const call = reader.read(line);
    if (call !== undefined) suggester.add(call);
  }
  expect(suggester.finish().unveils.at(-1)).toEqual({
    path: '/tmp',
    rights: 'rc',
    calls: ['openat', 'rmdir'],
  });
});

test('many files of one folder are the folder, but not of the root or of /etc', () => {
  const four = (folder: string): string[] => ['a', 'b', 'c', 'd'].map((name) => open(`${folder}/${name}`, 0));
  expect(unveilsOf(...four('/usr/share/x'))).toEqual(['/bin/app rx', '/usr/share/x r']);
  expect(unveilsOf(...four('/etc')).length).toBe(5);
  expect(unveilsOf(open('/usr/share/x', 0), open('/usr/share/x/a', 0))).toEqual([
    '/bin/app rx',
    '/usr/share/x r',
  ]);
});
