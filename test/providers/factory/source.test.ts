/** The digest of a source folder: what counts, what does not, what is refused. */
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readSource, sourceTree, writeSource } from '../../../providers/factory';
import { temporaryFolder, writeFiles } from './_folders';

const files = { 'main.c': 'int main;', 'lib/a.h': '#pragma once', 'lib.c': '' };
const digestOf = async (folder: string) => (await readSource(folder)).digest;

test('the digest is pinned: who changes the formula changes every Variant-CID', async () => {
  expect(await digestOf(writeFiles(temporaryFolder(), files))).toBe(
    'be023d38e6a642b6b450a26585c1bb369f875a46601e936cf240443e7dd0d117',
  );
});

test('place, times, modes and hidden files do not count', async () => {
  const [one, other] = [temporaryFolder(), join(temporaryFolder(), 'x', 'y')];
  writeFiles(one, files);
  writeFiles(other, {
    'lib.c': '',
    'lib/a.h': '#pragma once',
    'main.c': 'int main;',
    '.main.c.swp': 'x',
    '.git/a': '',
  });
  utimesSync(join(other, 'main.c'), 0, 0);
  chmodSync(join(other, 'main.c'), 0o755);
  expect(await digestOf(one)).toBe(await digestOf(other));
});

test.each([
  [{ ...files, 'main.c': 'int main; ' }],
  [{ ...files, 'other.c': '' }],
  [{ 'main.c': 'int main;', 'lib/a.h': '#pragma once', 'lib2.c': '' }],
])('a changed content or name gives another digest', async (changed) => {
  const one = await digestOf(writeFiles(temporaryFolder(), files));
  expect(await digestOf(writeFiles(temporaryFolder(), changed))).not.toBe(one);
});

test('a tree in memory and on disk are the same', async () => {
  const tree = await readSource(writeFiles(temporaryFolder(), files));
  expect(sourceTree(tree.files.toReversed())).toEqual(tree);
  const copy = temporaryFolder();
  await writeSource(tree, copy);
  expect(await readSource(copy)).toEqual(tree);
});

test('a folder that is not there is refused with a hint', async () => {
  await expect(readSource('/nowhere/at/all')).rejects.toMatchObject({ code: 'missing-source' });
  const folder = writeFiles(temporaryFolder(), files);
  await expect(readSource(join(folder, 'main.c'))).rejects.toMatchObject({ code: 'missing-source' });
  await expect(readSource(join(folder, 'main.c', 'x'))).rejects.toMatchObject({ code: 'missing-source' });
});

test('a link within the folder counts as its content, and one out of it is refused', async () => {
  const folder = writeFiles(temporaryFolder(), files);
  symlinkSync('main.c', join(folder, 'copy.c'));
  const { files: read } = await readSource(folder);
  expect(Buffer.from(read.find(({ path }) => path === 'copy.c')?.bytes ?? []).toString()).toBe('int main;');
  for (const target of ['/etc/passwd', '../', 'lib', 'nothing', 'loop.c']) {
    const other = writeFiles(temporaryFolder(), files);
    symlinkSync(target, join(other, 'loop.c'));
    await expect(readSource(other)).rejects.toMatchObject({ code: 'source-outside' });
  }
});

test('the folder itself may be reached by a link', async () => {
  const folder = writeFiles(temporaryFolder(), files);
  const link = join(temporaryFolder(), 'link');
  symlinkSync(folder, link);
  expect(await digestOf(link)).toBe(await digestOf(folder));
});

test('names that could be read as something else are refused', async () => {
  for (const name of ['a b.c', '-o.c', '@file', 'ü.c', 'a\nb']) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, name), '');
    await expect(readSource(folder)).rejects.toMatchObject({ code: 'bad-source-name' });
  }
});

test('a folder too large or too deep is refused before it is read', async () => {
  const large = writeFiles(temporaryFolder(), files);
  truncateSync(join(large, 'main.c'), 1024 ** 4);
  await expect(readSource(large)).rejects.toMatchObject({ code: 'source-too-large' });
  const deep = temporaryFolder();
  mkdirSync(join(deep, 'a/'.repeat(20)), { recursive: true });
  await expect(readSource(deep)).rejects.toMatchObject({ code: 'source-too-large' });
});

test('the files read are the bytes on disk', async () => {
  const folder = writeFiles(temporaryFolder(), files);
  const tree = await readSource(folder);
  expect(tree.files.map(({ path }) => path)).toEqual(['lib.c', 'lib/a.h', 'main.c']);
  for (const { path, bytes } of tree.files) expect(readFileSync(join(folder, path)).equals(bytes)).toBe(true);
});
