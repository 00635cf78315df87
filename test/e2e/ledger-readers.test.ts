/** Readers and writers of one ledger as processes of their own: none waits for another, not even for one that is stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { auditLedger, openLedger } from '../../providers/provchain';

const home = mkdtempSync(join(tmpdir(), 'ledger-readers-'));
const [folder, keysFolder] = [join(home, 'ledger'), join(home, 'keys')];
const running = new Set<ChildProcess>();

beforeAll(async () => {
  for (const name of ['writer', 'reader'])
    buildSync({
      stdin: {
        contents: `import { main } from './ledger-${name}'; void main(process.argv[2], process.argv[3]);`,
        resolveDir: __dirname,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      outfile: join(home, `${name}.js`),
      logLevel: 'error',
    });
  await openLedger({ folder, keysFolder, clock: Date.now });
});
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

interface Process {
  readonly child: ChildProcess;
  readonly lines: string[];
}

function start(name: 'reader' | 'writer', argument: string): Process {
  const child = spawn(process.execPath, [join(home, `${name}.js`), folder, argument], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  running.add(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stdin.on('error', () => undefined);
  return { child, lines };
}

const failuresOf = ({ lines }: Process): string[] => lines.filter((line) => line.startsWith('failed'));

/** Waits until each has said that many lines more; a process that is blocked never does. */
async function progress(processes: readonly Process[], count: number): Promise<void> {
  const goals = processes.map(({ lines }) => lines.length + count);
  const deadlineMs = performance.now() + 30_000;
  while (processes.some(({ lines }, at) => lines.length < (goals[at] ?? 0))) {
    expect(processes.flatMap(failuresOf)).toEqual([]);
    if (performance.now() > deadlineMs)
      throw new Error(`no progress: ${processes.map(({ lines }) => lines.length)}`);
    await delay(20);
  }
}

test('readers and writers go on beside each other, and beside those that are stopped at any moment', async () => {
  const verifierKey = readFileSync(join(keysFolder, 'log.pub'), 'utf8');
  const readers = [start('reader', verifierKey), start('reader', verifierKey)];
  const writers = [0, 1, 2, 3].map(() => start('writer', keysFolder));
  await progress([...writers, ...readers], 1);
  for (const [at, { child }] of writers.entries())
    child.stdin?.write(Array.from({ length: 5000 }, (_, n) => `${1 + 2 * (at * 10_000 + n)}\n`).join(''));
  await progress([...writers, ...readers], 3);
  const [reader, otherReader] = readers;
  const [writer, ...otherWriters] = writers;
  if (reader === undefined || otherReader === undefined || writer === undefined)
    throw new Error('none started');
  // Wherever each of them just is: it cannot be told, so it is done several times.
  for (let round = 0; round < 3; round += 1) {
    reader.child.kill('SIGSTOP');
    await progress([...writers, otherReader], 2);
    writer.child.kill('SIGSTOP');
    await progress([...otherWriters, otherReader], 2);
    reader.child.kill('SIGCONT');
    await progress([reader, otherReader, ...otherWriters], 2);
    for (const { child } of otherWriters) child.kill('SIGSTOP');
    // All writers are stopped, and the readers read on.
    await progress(readers, 2);
    for (const { child } of writers) child.kill('SIGCONT');
    await progress([...writers, ...readers], 1);
  }
  for (const { child } of [...writers, ...readers]) child.kill('SIGKILL');
  await Promise.all(
    [...running].map((child) => child.exitCode ?? new Promise((resolve) => child.once('close', resolve))),
  );
  expect([...writers, ...readers].flatMap(failuresOf)).toEqual([]);
  await openLedger({ folder, keysFolder, clock: Date.now });
  const { findings, size } = await auditLedger(folder, verifierKey);
  expect(findings).toEqual([]);
  const appended = writers.flatMap(({ lines }) => lines.filter((line) => line.startsWith('appended')));
  expect(size).toBeGreaterThanOrEqual(appended.length);
}, 120_000);
