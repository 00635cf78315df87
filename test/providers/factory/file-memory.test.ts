/** What is remembered of files, and when it is made anew. */
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileMemory } from '../../../providers/factory/file-memory';
import { temporaryFolder } from './_folders';

/** Ten seconds on, so that what the test has just written counts as settled. */
const later = (): number => Date.now() + 10_000;

function newMemory(clock = later, countMax?: number) {
  const [memory, made] = [new FileMemory<number>(clock, countMax), { count: 0 }];
  const recall = (...paths: readonly string[]): Promise<number> =>
    memory.recall(paths.join(), async (relyOn) => {
      for (const path of paths) relyOn(path);
      made.count += 1;
      return made.count;
    });
  return { recall, made };
}

function newFile(): string {
  const file = join(temporaryFolder(), 'a');
  writeFileSync(file, 'one');
  return file;
}

test('what was made of a file is remembered while the file is as it was', async () => {
  const [file, { recall }] = [newFile(), newMemory()];
  expect([await recall(file), await recall(file)]).toEqual([1, 1]);
});

test.each<[string, (file: string) => void]>([
  ['other bytes of the same length', (file) => writeFileSync(file, 'two')],
  [
    'other bytes and the old time',
    (file) => {
      writeFileSync(file, 'two');
      utimesSync(file, 1, 1);
    },
  ],
  [
    'another file in its place',
    (file) => {
      writeFileSync(`${file}.new`, 'one');
      renameSync(`${file}.new`, file);
    },
  ],
  ['no file', (file) => rmSync(file)],
])('%s: it is made anew', async (_, change) => {
  const [file, { recall }] = [newFile(), newMemory()];
  utimesSync(file, 1, 1);
  await recall(file);
  change(file);
  expect(await recall(file)).toBe(2);
});

test('a folder that gained a name is another', async () => {
  const [folder, { recall }] = [temporaryFolder(), newMemory()];
  await recall(folder);
  mkdirSync(join(folder, 'new'));
  expect(await recall(folder)).toBe(2);
});

test('a file that changed a moment ago could change again in the same tick, and is not remembered', async () => {
  const [file, { recall }] = [newFile(), newMemory(Date.now)];
  utimesSync(file, 1, 1);
  expect([await recall(file), await recall(file)]).toEqual([1, 2]);
});

test('a file that is missing is not remembered as missing', async () => {
  const { recall } = newMemory();
  const file = join(temporaryFolder(), 'none');
  expect([await recall(file), await recall(file)]).toEqual([1, 2]);
});

test('a failure is not remembered, and of many values the oldest goes', async () => {
  const [one, other] = [newFile(), newFile()];
  const failing = new FileMemory<number>(later);
  await expect(failing.recall('x', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await failing.recall('x', async () => 7)).toBe(7);
  const { recall, made } = newMemory(later, 1);
  for (const file of [one, other, one]) await recall(file);
  expect(made.count).toBe(3);
});
