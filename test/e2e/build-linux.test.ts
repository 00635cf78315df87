/**
 * `nexus update` and `nexus build` of a Dragonbox with cells of its own, from the live mirror; and the image booted: what a
 * cell pledged it may do, and what it did not ends it with a word.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseLinuxSystem, parseLock } from '../../model';
import { buildLinuxSystem, completeSystem, createFactory } from '../../providers/factory';
import { downloadFolder, LinuxMachine } from '../support/linux';

jest.setTimeout(600_000);

const nexus = join(__dirname, '../../dist/nexus.js');
const folder = mkdtempSync(join(tmpdir(), 'nexus-build-linux-'));
const text = `system "boxes" version=1 {
    profile "dragonbox"
    architecture "x86_64"
    repository "debian" suite="bookworm"
    cell "reader" {
        package "busybox-static"
        keep "usr/bin/busybox"
        pledge "stdio" "rpath"
        unveil "/etc/os-release" "r"
        run "/usr/bin/busybox" "cat" "/etc/os-release" "/etc/passwd"
    }
    cell "talker" {
        package "busybox-static"
        keep "usr/bin/busybox"
        pledge "stdio" "rpath"
        run "/usr/bin/busybox" "nc" "-l" "-p" "80"
    }
}
`;
writeFileSync(join(folder, 'system.kdl'), text);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [nexus, ...args, '--state', downloadFolder], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}

interface Report {
  readonly image: string;
  readonly reused: boolean;
  readonly sizeBytes: number;
  readonly cells: readonly { readonly name: string; readonly reused: boolean; readonly record: string }[];
}

const build = (...args: readonly string[]): Report => {
  const { stdout, stderr, status } = run('build', '--json', ...args);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Report;
};

test('an update pins the cells, those of the profile and the kernel; asked again nothing changes', () => {
  expect(run('update', '--check')).toMatchObject({
    status: 3,
    stdout: expect.stringContaining('would change'),
  });
  expect(existsSync(join(folder, 'nexus.lock.kdl'))).toBe(false);
  expect(run('update')).toMatchObject({ status: 0, stdout: expect.stringContaining('commit it') });
  const lock = parseLock(readFileSync(join(folder, 'nexus.lock.kdl'), 'utf8'), 'nexus.lock.kdl');
  expect(lock.cells.map(({ cell }) => cell)).toEqual(['busybox', 'containerd', 'kernel', 'reader', 'talker']);
  expect(run('update', '--check')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('as the indexes'),
  });
});

test('a build makes cells and image within the budget, records them, and the second does nothing', () => {
  const first = build('--locked');
  expect(first.sizeBytes).toBeLessThanOrEqual(40 * 1024 * 1024);
  expect(first.cells.map(({ name }) => name)).toEqual(['busybox', 'containerd', 'reader', 'talker']);
  const second = build('--locked');
  expect(second).toMatchObject({ image: first.image, reused: true });
  expect(second.cells.every(({ reused }) => reused)).toBe(true);
  const log = run('log', '--kind', 'artifact', '--json').stdout;
  expect(log).toContain(first.image);
});

test('it says why files stay, and writes what boots into a folder, whole or not at all', () => {
  const { stdout, status } = run('build', '--explain', '-o', 'out');
  expect(status).toBe(0);
  expect(stdout).toMatch(/usr\/bin\/busybox +[\d,]+ +keep "usr\/bin\/busybox"/);
  expect(stdout).toMatch(/libseccomp\.so\.2\S* +[\d,]+ +target of/);
  expect(readdirSync(join(folder, 'out')).sort()).toEqual(['command-line', 'initrd', 'root.img', 'vmlinuz']);
  expect(run('build', '-o', 'out')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('not empty'),
  });
  expect(readdirSync(folder).filter((name) => name.startsWith('.out'))).toEqual([]);
});

test('booted, a cell reads what it unveiled and nothing else, and a call that was not pledged ends it', async () => {
  const factory = await createFactory({
    stateDir: downloadFolder,
    kernelFolder: join(__dirname, '../../kernel'),
  });
  const lock = parseLock(readFileSync(join(folder, 'nexus.lock.kdl'), 'utf8'), 'nexus.lock.kdl');
  const system = completeSystem(parseLinuxSystem(text, 'system.kdl'));
  const request = { system, lock, lockFile: 'nexus.lock.kdl', baseFolder: folder };
  const { image } = await buildLinuxSystem(request, factory);
  expect(image.isReused).toBe(true);
  const machine = await LinuxMachine.boot({ image, store: factory.store });
  try {
    const seen = { reads: false, refused: false, ended: false };
    await machine.waitFor((line) => {
      seen.reads ||= line.includes('VARIANT_ID=boxes');
      seen.refused ||= /can't open '\/etc\/passwd'/.test(line);
      seen.ended ||= /pledge: talker: call socket\(.*not pledged \(needs/.test(line);
      return seen.reads && seen.refused && seen.ended;
    });
    expect(machine.lines.join('\n')).not.toContain('root:*:0:0');
  } finally {
    await machine.stop();
  }
});
