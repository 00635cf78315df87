import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLockFolder, waitUntilUnlocked, withFolderLock } from '../../../providers/deploy/process-lock';
import { bundleProgram, makeWorkFolder } from './_rig';

let folder: string;
beforeEach(() => {
  folder = makeWorkFolder();
});
afterEach(() => rmSync(folder, { recursive: true }));

test('one holder at a time, and everybody has a turn', async () => {
  let [inside, most, turns] = [0, 0, 0];
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await delay(2);
    inside -= 1;
    turns += 1;
  };
  await Promise.all(
    Array.from({ length: 20 }, () => withFolderLock(folder, 'test', { what: 'working' }, work)),
  );
  expect([most, turns]).toEqual([1, 20]);
});

test('another path to the same folder is the same lock, another purpose is not', async () => {
  const alias = `${folder}-alias`;
  symlinkSync(folder, alias);
  const lock = await tryLockFolder(folder, 'test', 'working');
  expect(await tryLockFolder(alias, 'test', 'working')).toBeUndefined();
  const other = await tryLockFolder(alias, 'other', 'working');
  expect(other).toBeDefined();
  await Promise.all([lock?.release(), other?.release()]);
  rmSync(alias);
});

test('who waits is told who holds it, and gives up in time with an error that says so', async () => {
  const lock = await tryLockFolder(folder, 'test', 'deploying node "n1"');
  const waits: unknown[] = [];
  const options = { what: 'second', timeoutMs: 100, onWait: (holder: unknown) => waits.push(holder) };
  await expect(withFolderLock(folder, 'test', options, async () => undefined)).rejects.toMatchObject({
    code: 'locked',
    message: expect.stringContaining(`held by process ${process.pid}, deploying node "n1"`),
  });
  expect(waits).toEqual([{ pid: process.pid, what: 'deploying node "n1"' }]);
  await lock?.release();
});

test('a wait ends when it is cancelled', async () => {
  const lock = await tryLockFolder(folder, 'test', 'working');
  const options = { what: 'second', signal: AbortSignal.timeout(30) };
  await expect(withFolderLock(folder, 'test', options, async () => undefined)).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  await lock?.release();
});

test('a killed holder holds nothing', async () => {
  const source = join(folder, 'holder.ts');
  writeFileSync(
    source,
    `import { tryLockFolder } from '${join(__dirname, '../../../providers/deploy/process-lock')}';
     void tryLockFolder(process.argv[2] ?? '', 'test', 'holding').then(() => console.log('held'));
     setInterval(() => undefined, 1000);`,
  );
  const child = spawn(process.execPath, [bundleProgram(folder, 'holder', source), folder]);
  await once(child.stdout, 'data');
  expect(await tryLockFolder(folder, 'test', 'test')).toBeUndefined();
  const freed = waitUntilUnlocked(folder, 'test', 5_000);
  child.kill('SIGKILL');
  expect(await freed).toBe(true);
  const lock = await tryLockFolder(folder, 'test', 'test');
  expect(lock).toBeDefined();
  await lock?.release();
});
