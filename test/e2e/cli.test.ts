/** The built `nexus` as a process: real compilers, pipes and signals. Run after `npm run build`, as `npm test` does. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cidOfRaw } from '../../model';
import { findHostd } from '../../providers/deploy';

const root = join(__dirname, '../..');
const program = join(root, 'dist/nexus.js');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-cli-'));
  cpSync(join(root, 'examples/tinybox-swarm/cells'), join(folder, 'cells'), { recursive: true });
  writeFileSync(join(folder, 'system.kdl'), systemOf('hello'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const systemOf = (cell: string): string =>
  `system "n" version=1 {\n    profile "tinybox"\n    cell "${cell}" { source "cells/${cell}"; pledge "stdio" "clock" "mesh" }\n}\n`;

function nexus(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

function useCell(source: string): void {
  mkdirSync(join(folder, 'cells/other'));
  writeFileSync(join(folder, 'cells/other/main.c'), source);
  writeFileSync(join(folder, 'system.kdl'), systemOf('other'));
}

interface Report {
  readonly image: string;
  readonly sizeBytes: number;
  readonly reused: boolean;
  readonly cells: readonly { readonly variant: string; readonly reused: boolean }[];
}

test('an image is built, written, recorded, verified, and the second time reused', () => {
  const first = nexus('build', '--profile=tinybox', '--json', '-o', 'n.img');
  expect(first.err).toBe('');
  expect(first.code).toBe(0);
  const report = JSON.parse(first.out) as Report;
  const bytes = readFileSync(join(folder, 'n.img'));
  expect(report).toMatchObject({
    image: cidOfRaw(bytes),
    sizeBytes: bytes.length,
    budgetBytes: 32768,
    reused: false,
  });
  expect(bytes.length).toBeLessThanOrEqual(32768);
  const second = JSON.parse(nexus('build', '--json').out) as Report;
  expect(second).toMatchObject({ image: report.image, reused: true, cells: [{ reused: true }] });
  expect(nexus('verify', 'n.img')).toMatchObject({
    code: 0,
    out: expect.stringContaining('All 2 checks hold.'),
  });
  expect(nexus('verify', report.cells[0]?.variant ?? '')).toMatchObject({ code: 0 });
  const { records } = JSON.parse(nexus('log', '--json').out) as { records: { kind: string }[] };
  expect(records.map(({ kind }) => kind)).toEqual(['artifact', 'artifact', 'key']);
});

test('an image over its budget is refused with its largest parts, and no file is left', () => {
  useCell(
    '#include <nexus/cell.h>\nconst char book[24000] = "x";\nint main(void) { nexus_print(book); return 0; }\n',
  );
  const { code, out, err } = nexus('build', '-o', 'n.img');
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(
    /^nexus: Cannot build image "n": \d+ bytes, expected at most 32768 for profile "tinybox"\n/,
  );
  expect(err).toMatch(
    / {2}hint: Take \d+ bytes off its parts:\n +\d+ bytes +\d+% {2}cell other\n +\d+ bytes +\d+% {2}kernel/,
  );
  expect(readdirSync(folder).sort()).toEqual(['.nexus', 'cells', 'system.kdl']);
});

test('what the compiler says of wrong C is passed on', () => {
  useCell('int main(void) { return missing; }\n');
  const { code, err } = nexus('build', '-o', 'n.img');
  expect(code).toBe(1);
  expect(err).toContain('main.c:1:25');
  expect(err).toContain("'missing'");
  expect(existsSync(join(folder, 'n.img'))).toBe(false);
});

test('a reader that closes the pipe ends it quietly', () => {
  nexus('build');
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', `"${process.execPath}" "${program}" log --json | head -n 1`],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  expect([stdout, stderr]).toEqual(['{\n', '']);
});

test('Ctrl-C ends a build with 130 and leaves no file and no compiler', async () => {
  const child = spawn(process.execPath, [program, 'build', '-o', 'n.img'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await untilItCompiles(child);
  child.kill('SIGINT');
  const [code, err] = await ended(child);
  expect([code, err]).toEqual([130, 'nexus: Interrupted\n']);
  expect(existsSync(join(folder, 'n.img'))).toBe(false);
  expect(childrenOf(child.pid)).toEqual([]);
});

test('log --follow prints what another process records, and Ctrl-C ends it in order', async () => {
  expect(nexus('build').code).toBe(0);
  const child = spawn(process.execPath, [program, 'log', '-f', '-n', '1', '--json'], { cwd: folder });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.on('data', (data) => errors.push(String(data)));
  const until = async (count: number): Promise<void> => {
    for (let waits = 0; lines.length < count && waits < 1000; waits += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await until(1);
  useCell('int main(void) { return 7; }');
  expect(nexus('build').code).toBe(0);
  await until(3);
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGINT');
  expect([await ended, errors]).toEqual([130, []]);
  expect(lines.map((line) => JSON.parse(line).about.split(',')[0])).toEqual([
    'image n',
    'cell other',
    'image n',
  ]);
});

test('a proof is verified without a network: the process never asks for a socket', () => {
  expect(nexus('build').code).toBe(0);
  const [{ cid }] = JSON.parse(nexus('log', '-n', '1', '--json').out).records;
  expect(nexus('prove', cid, '-o', 'image.proof').code).toBe(0);
  const key = join(folder, '.nexus/keys/log.pub');
  const away = mkdtempSync(join(tmpdir(), 'nexus-away-'));
  cpSync(join(folder, 'image.proof'), join(away, 'image.proof'));
  const verify = [process.execPath, program, 'verify', 'image.proof', '--vkey', key];
  const watched = ['-f', '-qq', '-e', 'trace=socket,connect', '-e', 'signal=none', '-o', 'calls', ...verify];
  const { status, stdout } = spawnSync('strace', watched, { cwd: away, encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringContaining('All 3 checks hold.')]);
  expect(readFileSync(join(away, 'calls'), 'utf8')).toBe('');
  rmSync(away, { recursive: true });
});

test('the program is its own host daemon, and ends in order when told', async () => {
  const child = spawn(process.execPath, [program, 'hostd', '--state', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  while (child.exitCode === null && !existsSync(join(folder, 'hostd.sock')))
    await new Promise((wake) => setTimeout(wake, 10));
  const hostd = await findHostd(folder);
  expect(await hostd?.hello()).toMatchObject({ pid: child.pid });
  hostd?.close();
  child.kill('SIGTERM');
  expect(await ended(child)).toEqual([0, '']);
  expect(existsSync(join(folder, 'hostd.sock'))).toBe(false);
});

async function untilItCompiles(child: ChildProcess): Promise<void> {
  while (child.exitCode === null && childrenOf(child.pid).length === 0)
    await new Promise((wake) => setTimeout(wake, 5));
}

function childrenOf(pid: number | undefined): string[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean) : [];
}

async function ended(child: ChildProcess): Promise<[number | null, string]> {
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return [code, err];
}
