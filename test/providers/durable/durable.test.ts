import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDurably,
  errorCode,
  makeFolder,
  sweepTemporaries,
  writeDurably,
} from '../../../providers/durable';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durable-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name = 'file'): string => join(folder, name);
const modeOf = (name: string): number => statSync(path(name)).mode & 0o777;

test('a file is made or replaced, for its owner only unless told otherwise, and nothing stays beside it', async () => {
  await writeDurably(path(), 'one');
  await writeDurably(path(), new Uint8Array([0x32]));
  await writeDurably(path('public'), '', { mode: 0o644 });
  expect(readFileSync(path(), 'utf8')).toBe('2');
  expect([modeOf('file'), modeOf('public')]).toEqual([0o600, 0o644]);
  expect(readdirSync(folder).sort()).toEqual(['file', 'public']);
});

test('of many writers at once the file is that of one, whole', async () => {
  const contents = Array.from({ length: 16 }, (_, n) => String(n).repeat(100_000));
  await Promise.all(contents.map((content) => writeDurably(path(), content)));
  expect(contents).toContain(readFileSync(path(), 'utf8'));
  expect(readdirSync(folder)).toEqual(['file']);
});

test('of many who create a file exactly one does, and it is never replaced', async () => {
  const made = await Promise.all(Array.from({ length: 16 }, (_, n) => createDurably(path(), String(n))));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(readFileSync(path(), 'utf8')).toBe(String(made.indexOf(true)));
  expect(await createDurably(path(), 'late', { temporaryFolder: path('temporary') })).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['file', 'temporary']);
  expect(readdirSync(path('temporary'))).toEqual([]);
});

test('a file in a folder that is not there, or in the place of a folder, is an error that leaves nothing', async () => {
  await expect(writeDurably(path('none/file'), '')).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(createDurably(path('none/file'), '')).rejects.toMatchObject({ code: 'ENOENT' });
  mkdirSync(path());
  await expect(writeDurably(path(), '')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a temporary folder is made when it is needed, and made again when it is gone', async () => {
  const temporaryFolder = path('temporary');
  const names = Array.from({ length: 20 }, (_, n) => `file-${n}`);
  const writes = names.map((name) => writeDurably(path(name), name, { temporaryFolder }));
  rmSync(temporaryFolder, { recursive: true, force: true });
  await Promise.all(writes);
  for (const name of names) expect(readFileSync(path(name), 'utf8')).toBe(name);
});

test('a folder is made with those above it, for their owner only, from a relative path too', async () => {
  await makeFolder(path('a/b/c'));
  await makeFolder(path('a/b/c'));
  expect([modeOf('a'), modeOf('a/b'), modeOf('a/b/c')]).toEqual([0o700, 0o700, 0o700]);
  const before = process.cwd();
  process.chdir(folder);
  try {
    await makeFolder('d/e');
  } finally {
    process.chdir(before);
  }
  expect(existsSync(path('d/e'))).toBe(true);
});

test('temporary files of dead processes are swept, those of living ones and other files are kept', async () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const temporaryOf = (pid: number) => `.${pid}-${'0'.repeat(16)}.tmp`;
  const kept = [temporaryOf(process.pid), `.${dead}-0.tmp`, 'other'];
  for (const name of [temporaryOf(dead), ...kept]) writeFileSync(path(name), '');
  await sweepTemporaries(folder);
  expect(readdirSync(folder).sort()).toEqual(kept.sort());
  await sweepTemporaries(path('none'));
});

test('the errno word of an error is its code, and other things have none', () => {
  expect(errorCode(Object.assign(new Error(), { code: 'ENOENT' }))).toBe('ENOENT');
  for (const other of [new Error(), { code: 7 }, undefined, null, 'ENOENT'])
    expect(errorCode(other)).toBeUndefined();
});
