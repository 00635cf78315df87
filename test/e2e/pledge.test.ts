/** Real programs in the launcher, on this machine's own kernel: what they may, and what ends them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinuxPledge, Unveil } from '../../model';
import { compileLauncher, launcherSizeMaxBytes } from '../../providers/factory';
import { callNumbers, formatCellPolicy } from '../../providers/pledge';
import { kernelFolder } from '../support/kernel';
import { buildLaunchRig, type Ended, type LaunchRig } from '../support/launch';

let rig: LaunchRig;
let probe: string;
let home: string;
beforeAll(async () => {
  rig = await buildLaunchRig();
  probe = rig.compile(join(__dirname, '_pledge-probe.c'), 'probe');
  home = join(rig.folder, 'home');
  mkdirSync(join(home, 'open/below'), { recursive: true });
  mkdirSync(join(home, 'closed'));
  writeFileSync(join(home, 'open/file'), 'open');
  writeFileSync(join(home, 'closed/file'), 'closed');
  symlinkSync('../closed/file', join(home, 'open/link'));
  symlinkSync(join(home, 'closed'), join(home, 'open/folder-link'));
});
afterAll(() => rig.remove());

const numbers = callNumbers('x86_64');

/** Steps as the probe reads them; a call by its name. */
function words(steps: readonly (readonly (string | number)[])[]): string[] {
  return steps.flatMap(([first = '', ...rest], index) => [
    ...(index === 0 ? [] : [',']),
    String(numbers.get(String(first)) ?? first),
    ...rest.map(String),
  ]);
}

type Steps = readonly (readonly (string | number)[])[];

function tryCalls(
  pledges: readonly LinuxPledge[],
  steps: Steps,
  unveils: readonly Unveil[] = [],
): Promise<Ended> {
  return rig.run({ pledges, unveils, run: [probe, ...words(steps)] });
}

function expectEnded(ended: Ended, call: string, needs: string): void {
  expect(ended.stderr).toContain(`pledge: probe: call ${call}(`);
  expect(ended.stderr).toContain(` not pledged (${needs}): process `);
  expect(ended.signal).toBe('SIGKILL');
}

const [atWorkingFolder, readOnly, create] = [-100, 0, 0o101];

test('a program does what it pledged and ends by itself', async () => {
  const ended = await tryCalls(
    ['stdio', 'rpath'],
    [['getpid'], ['openat', atWorkingFolder, `s:${home}/open/file`, readOnly], ['thread']],
  );
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  expect(ended.stdout).toMatch(/^39 \d+\n257 3\nthread 0\n$/);
});

test.each<[string, string, LinuxPledge[], Steps]>([
  ['socket', 'needs inet or dns', ['stdio'], [['socket', 2, 1, 0]]],
  ['socket', 'needs unix', ['stdio', 'inet'], [['socket', 1, 1, 0]]],
  ['socket', 'no pledge allows it', ['stdio', 'inet', 'unix'], [['socket', 17, 3, 0]]],
  ['openat', 'needs wpath', ['stdio', 'rpath'], [['openat', -100, 's:/tmp/none', 1]]],
  ['openat', 'needs wpath with cpath', ['stdio', 'rpath'], [['openat', -100, 's:/tmp/none', create]]],
  ['openat', 'needs rpath', ['stdio'], [['openat', -100, 's:/etc/passwd', 0]]],
  ['mkdir', 'needs cpath', ['stdio', 'rpath', 'wpath'], [['mkdir', 's:/tmp/none', 0o700]]],
  ['fork', 'needs proc', ['stdio'], [['fork']]],
  ['kill', 'needs proc', ['stdio'], [['kill', 1, 0]]],
  ['execve', 'needs exec', ['stdio', 'proc'], [['execve', 's:/bin/true', 0, 0]]],
  ['mmap', 'needs prot_exec', ['stdio'], [['mmap', 0, 4096, 7, 0x22, -1, 0]]],
  ['ptrace', 'no pledge allows it', ['stdio', 'proc', 'ps'], [['ptrace', 0, 0, 0, 0]]],
  ['io_uring_setup', 'no pledge allows it', ['stdio', 'rpath'], [['io_uring_setup', 8, 0]]],
  ['process_vm_readv', 'no pledge allows it', ['stdio', 'proc'], [['process_vm_readv', 1, 0, 0, 0, 0, 0]]],
  ['unshare', 'needs mount', ['stdio', 'proc'], [['unshare', 0x10000000]]],
  ['mount', 'needs mount', ['stdio', 'proc', 'id'], [['mount', 's:a', 's:/tmp', 's:tmpfs', 0, 0]]],
  ['setuid', 'needs id', ['stdio'], [['setuid', 65534]]],
  ['clock_settime', 'needs settime', ['stdio'], [['clock_settime', 0, 0]]],
  ['ioctl', 'no pledge allows it', ['stdio', 'tty'], [['ioctl', 0, 0x5412, 's:x']]],
  ['chmod', 'no pledge allows it', ['stdio', 'fattr'], [['chmod', 's:/tmp/none', 0o4755]]],
])('%s ends the process: %s', async (call, needs, pledges, steps) => {
  const ended = await tryCalls(pledges, [['getpid'], ...steps]);
  expectEnded(ended, call, needs);
  expect(ended.stdout).toMatch(/^39 \d+\n$/);
});

test('the 32-bit entry is closed, whatever is pledged', async () => {
  const ended = await tryCalls(['stdio', 'rpath', 'proc'], [['i386', 20]]);
  expectEnded(ended, '20', 'it is a call of another machine');
  expect(ended.stdout).toBe('');
});

test('an x32 number is no call', async () => {
  const ended = await tryCalls(['stdio'], [[String(0x40000000 + 39)]]);
  expectEnded(ended, String(0x40000000 + 39), 'no pledge allows it');
});

test('clone3 and openat2 fail as if they were not there, so that older calls are taken', async () => {
  const ended = await tryCalls(
    ['stdio', 'rpath', 'proc'],
    [['clone3', 0, 0], ['openat2', -100, 's:/etc', 0, 0], ['thread']],
  );
  expect(ended).toMatchObject({ status: 0, stdout: '435 -38\n437 -38\nthread 0\n', stderr: '' });
});

test('with error, a call fails with ENOSYS and the program goes on', async () => {
  const ended = await tryCalls(
    ['stdio', 'error'],
    [['socket', 2, 1, 0], ['execve', 's:/bin/true', 0, 0], ['getpid']],
  );
  expect(ended.status).toBe(0);
  expect(ended.stdout).toMatch(/^41 -38\n59 -38\n39 \d+\n$/);
});

test('a child and a new program have the pledges of their parent', async () => {
  const child = await tryCalls(['stdio', 'proc'], [['child'], ['getpid'], ['socket', 2, 1, 0]]);
  expect(child.stderr).toContain('call socket(2, 1, 0, ...) not pledged (needs inet or dns)');
  expect(child).toMatchObject({ status: 0, signal: null });
  expect(child.stdout).toMatch(/^39 \d+\nchild killed 9\n$/);
  const again = await tryCalls(['stdio', 'exec'], [['again'], ['getpid'], ['socket', 2, 1, 0]]);
  expectEnded(again, 'socket', 'needs inet or dns');
  expect(again.stdout).toMatch(/^39 \d+\n$/);
});

test('without its supervisor a call fails, and still does not pass', async () => {
  const running = tryCalls(['stdio'], [['poll', 0, 0, 1500], ['socket', 2, 1, 0], ['getpid']]);
  const supervisor = await findSupervisor();
  process.kill(supervisor, 'SIGKILL');
  expect((await running).stdout).toMatch(/^7 0\n41 -38\n39 \d+\n$/);
});

/** The process that still runs the launcher itself, when the cell has become its program. */
async function findSupervisor(): Promise<number> {
  const launcher = join(rig.folder, 'launch');
  for (;;) {
    const running = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const programs = new Map(running.map((name) => [name, linkOf(`/proc/${name}/exe`)]));
    const [found] = running.filter((name) => programs.get(name) === launcher);
    if (found !== undefined && [...programs.values()].includes(probe)) return Number(found);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

test('the numbers of calls are those of this machine’s headers', () => {
  const include = (header: string, ...flags: string[]): Map<string, string> => {
    const text = execFileSync('clang-19', [...flags, '-E', '-dM', '-xc', '-'], {
      input: `#include <${header}>\n`,
      encoding: 'utf8',
    });
    return new Map(
      [...text.matchAll(/^#define __NR(?:3264)?_(\w+) (.+)$/gm)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
  };
  const plain = (text: string): boolean => /^\d+$/.test(text);
  const headers = {
    x86_64: include('asm/unistd_64.h'),
    riscv64: include(
      'asm-generic/unistd.h',
      '-D__ARCH_WANT_NEW_STAT',
      '-D__ARCH_WANT_SET_GET_RLIMIT',
      '-D__ARCH_WANT_SYS_CLONE3',
    ),
  };
  for (const [architecture, defined] of [
    ['x86_64', headers.x86_64],
    ['riscv64', headers.riscv64],
  ] as const) {
    const wrong = [...callNumbers(architecture)].filter(([name, number]) => {
      const value = defined.get(name);
      return value !== undefined && plain(value) && Number(value) !== number;
    });
    expect([architecture, wrong]).toEqual([architecture, []]);
    expect(
      [...callNumbers(architecture)].filter(([name]) => plain(defined.get(name) ?? '')).length,
    ).toBeGreaterThan(250);
  }
});

test('exactly one execve passes without exec: the launcher’s own', async () => {
  const ended = await tryCalls(['stdio'], [['again'], ['getpid']]);
  expectEnded(ended, 'execve', 'needs exec');
  expect(ended.stdout).toBe('');
});

test('a grandchild that outlives the first process is still watched', async () => {
  const orphan = ['/bin/sh', '-c', '(sleep 0.3; exec 3<>/dev/null; /usr/bin/mkdir /tmp/none) & echo gone'];
  const ended = await rig.run({ pledges: ['stdio', 'rpath', 'wpath', 'proc', 'exec'], run: orphan });
  expect(ended).toMatchObject({ status: 0, stdout: 'gone\n' });
  expect(ended.stderr).toContain('call openat(');
  expect(ended.stderr).toContain('needs rpath with wpath with cpath');
});

function unveil(rights: string): readonly Unveil[] {
  return [{ path: join(home, 'open'), rights }];
}

test('only unveiled paths are opened, however they are reached', async () => {
  const open = (path: string): (string | number)[] => ['openat', -100, `s:${path}`, 0];
  const ended = await tryCalls(
    ['stdio', 'rpath'],
    [
      open(`${home}/open/file`),
      open(`${home}/closed/file`),
      open(`${home}/open/link`),
      open(`${home}/open/folder-link/file`),
      open(`${home}/open/../closed/file`),
      open(`/proc/self/root${home}/closed/file`),
      ['chdir', `s:${home}/open/below`],
      open('../../closed/file'),
      open('../file'),
      open('/'),
    ],
    unveil('r'),
  );
  expect(ended.status).toBe(0);
  expect(ended.stdout.trim().split('\n')).toEqual([
    '257 3',
    '257 -13',
    '257 -13',
    '257 -13',
    '257 -13',
    '257 -13',
    '80 0',
    '257 -13',
    '257 4',
    '257 -13',
  ]);
});

test('a folder unveiled to read is not written, and the other way round', async () => {
  const pledges = ['stdio', 'rpath', 'wpath', 'cpath'] as const;
  const steps: Steps = [
    ['openat', -100, `s:${home}/open/file`, 0],
    ['openat', -100, `s:${home}/open/file`, 1],
    ['openat', -100, `s:${home}/open/new`, create, 0o600],
    ['rename', `s:${home}/open/file`, `s:${home}/open/below/file`],
    ['unlink', `s:${home}/open/file`],
  ];
  expect((await tryCalls(pledges, steps, unveil('r'))).stdout).toBe(
    '257 3\n257 -13\n257 -13\n82 -13\n87 -13\n',
  );
  expect((await tryCalls(pledges, steps, unveil('w'))).stdout).toBe(
    '257 -13\n257 3\n257 -13\n82 -13\n87 -13\n',
  );
  const moved = await tryCalls(pledges, steps.slice(2, 4), unveil('wc'));
  expect(moved.stdout).toBe('257 3\n82 0\n');
  expect(readFileSync(join(home, 'open/below/file'), 'utf8')).toBe('open');
  const back: Steps = [
    ['rename', `s:${home}/open/below/file`, `s:${home}/open/file`],
    ['rename', `s:${home}/open/file`, `s:${home}/closed/other`],
  ];
  expect((await tryCalls(pledges, back, unveil('wc'))).stdout).toMatch(/^82 0\n82 -(13|18)\n$/);
});

test('only what is unveiled to run is run', async () => {
  const run = (path: string, rights: string): Promise<Ended> =>
    tryCalls(
      ['stdio', 'exec', 'rpath'],
      [['execve', `s:${path}`, 0, 0]],
      [...unveil(rights), { path: probe, rights: 'r' }],
    );
  expect((await run('/bin/true', 'rx')).stdout).toBe('59 -13\n');
  writeFileSync(join(home, 'open/tool'), readFileSync(probe), { mode: 0o755 });
  expect((await run(join(home, 'open/tool'), 'r')).stdout).toBe('59 -13\n');
  expect((await run(join(home, 'open/tool'), 'rx')).status).toBe(0);
  expect((await run(join(home, 'open/tool'), 'rx')).stdout).toBe('');
});

test('truncate by path is closed beside unveils, for not every Landlock sees it', async () => {
  const ended = await tryCalls(['stdio', 'wpath'], [['truncate', `s:${home}/closed/file`, 0]], unveil('rw'));
  expect(ended.signal).toBe('SIGKILL');
  expect(readFileSync(join(home, 'closed/file'), 'utf8')).toBe('closed');
});

test('a cell runs as the user that its policy names, who cannot end its supervisor', async () => {
  if (process.getuid?.() !== 0) return;
  const user = { userId: 65534, groupId: 65534 };
  expect(
    (await rig.run({ pledges: ['stdio', 'rpath', 'unix'], run: ['/usr/bin/id', '-u'], user })).stdout,
  ).toBe('65534\n');
});

test('real programs: cat, python and curl', async () => {
  const libraries: readonly Unveil[] = [{ path: '/usr/lib', rights: 'rx' }];
  const cat = (path: string): Promise<Ended> =>
    rig.run({
      pledges: ['stdio', 'rpath'],
      unveils: [...libraries, { path: join(home, 'open'), rights: 'r' }],
      run: ['/bin/cat', path],
    });
  expect(await cat(join(home, 'open/file'))).toMatchObject({ status: 0, stdout: 'open' });
  expect(await cat(join(home, 'closed/file'))).toMatchObject({ status: 1, stdout: '' });
  const python = await rig.run({
    pledges: ['stdio', 'rpath', 'unix'],
    run: ['/usr/bin/python3', '-c', 'print(6*7, flush=True); import socket; socket.socket()'],
  });
  expect(python).toMatchObject({ signal: 'SIGKILL', stdout: '42\n' });
  expect(python.stderr).toContain('call socket(2, ');
  const curl = await rig.run({
    pledges: ['stdio', 'rpath', 'unix'],
    run: ['/usr/bin/curl', '-s', 'http://127.0.0.1:1/'],
  });
  expect(curl.signal).toBe('SIGKILL');
  const allowed = await rig.run({
    pledges: ['stdio', 'rpath', 'unix', 'inet'],
    run: ['/usr/bin/curl', '-s', 'http://127.0.0.1:1/'],
  });
  expect(allowed).toMatchObject({ status: 7, signal: null });
});

test('mount with proc lets a program into a namespace of its own', async () => {
  const run = ['/usr/bin/unshare', '-m', '/usr/bin/true'];
  const refused = await rig.run({ pledges: ['stdio', 'rpath', 'proc', 'exec'], run });
  expect(refused.stderr).toContain('not pledged (needs mount)');
  const allowed = await rig.run({ pledges: ['stdio', 'rpath', 'proc', 'exec', 'mount'], run });
  expect(allowed).toMatchObject({ signal: null, status: process.getuid?.() === 0 ? 0 : 1 });
});

test('a path that is not there, and a program that is not there, are said before anything starts', async () => {
  const missing = await rig.run({ unveils: [{ path: '/none/there', rights: 'r' }], run: [probe] });
  expect(missing).toMatchObject({ status: 125, stderr: 'launch: cannot unveil /none/there: error 2\n' });
  const program = await rig.run({ run: ['/none/there'] });
  expect(program).toMatchObject({ status: 125, stderr: 'launch: cannot run /none/there: error 2\n' });
});

test('a damaged policy starts nothing', async () => {
  const good = formatCellPolicy(
    { name: 'probe', pledges: ['stdio'], unveils: [], run: [probe, '39'] },
    'x86_64',
  );
  const filterEnd = 36 + 8 * (Buffer.from(good).readUInt16LE(14) + 1);
  const cuts = [0, 3, 35, 36, 200, filterEnd, good.length - 1].map((size) => good.slice(0, size));
  const longer = Uint8Array.from([...good, 0]);
  for (const bytes of [
    ...cuts,
    longer,
    formatCellPolicy({ name: 'probe', pledges: [], unveils: [], run: [probe] }, 'riscv64'),
  ])
    expect(await rig.runBytes(bytes)).toMatchObject({ status: 125, stdout: '' });
  let seed = 1;
  for (let round = 0; round < 150; round += 1) {
    seed = (seed * 48271) % 0x7fffffff;
    const at = round < 36 ? round : filterEnd + (seed % (good.length - filterEnd));
    const bytes = Uint8Array.from(good);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (seed % 8));
    const ended = await rig.runBytes(bytes);
    expect([at, ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGABRT'].includes(ended.signal ?? '')]).toEqual([
      at,
      false,
    ]);
  }
});

test('the launcher is small, as its page says, the same in each build, and of the machine it is for', async () => {
  const page = readFileSync(join(__dirname, '../../docs/pledge.md'), 'utf8');
  for (const [architecture, machine] of [
    ['x86_64', 62],
    ['riscv64', 243],
  ] as const) {
    const build = (): Promise<Uint8Array> =>
      compileLauncher(architecture, { kernelFolder, temporaryFolder: rig.folder });
    const bytes = await build();
    expect(await build()).toEqual(bytes);
    expect(bytes.length).toBeLessThan(launcherSizeMaxBytes / 2);
    const written = new RegExp(`^\\| ${architecture} \\| ([\\d,]+) `, 'm').exec(page)?.[1] ?? '';
    expect(Math.abs(Number(written.replace(',', '')) - bytes.length)).toBeLessThan(bytes.length / 20);
    expect(Buffer.from(bytes).readUInt16LE(18)).toBe(machine);
  }
});
