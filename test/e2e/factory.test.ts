/** The factory with the real compiler: the same bytes from anywhere, within the budget, and wrong C said where. */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type BuildTools,
  buildSystem,
  clangTools,
  createFactory,
  loadNpk,
  parseImage,
} from '../../providers/factory';
import { temporaryFolder, writeFiles } from '../providers/factory/_folders';
import { bundleScript } from '../providers/factory/_script';

const root = join(__dirname, '../..');
const text = `system "swarm" version=1 {
    profile "tinybox"
    cell "hello" { source "cells/hello"; pledge "stdio" "clock" "mesh"; }
    cell "silent" { source "cells/silent"; }
}
`;

/** The sources of a user and of the kernel, copied to a folder that no other build has seen. */
function copyOfSources(): string {
  const folder = join(temporaryFolder(), 'a folder', 'of its own');
  cpSync(join(root, 'kernel'), join(folder, 'kernel'), { recursive: true });
  cpSync(join(root, 'examples/tinybox-swarm/cells/hello'), join(folder, 'cells/hello'), { recursive: true });
  return writeFiles(folder, {
    'cells/silent/main.c': 'static int calls;\nint main(void) { return ++calls; }\n',
    'system.kdl': text,
  });
}

function factoryIn(folder: string, tools: BuildTools = clangTools()) {
  return createFactory({ stateDir: join(folder, '.nexus'), kernelFolder: join(folder, 'kernel'), tools });
}

const build = async (folder: string, kdl = text, tools?: BuildTools) =>
  buildSystem(kdl, join(folder, 'system.kdl'), await factoryIn(folder, tools));

/** A program that builds in the folder that it is given, and prints what came of it. */
const script = (): string =>
  bundleScript(`
    import { buildSystem, createFactory } from './providers/factory';
    async function main() {
      process.umask(0o077);
      const [folder = '', text = ''] = process.argv.slice(2);
      const factory = await createFactory({ stateDir: folder + '/.nexus', kernelFolder: folder + '/kernel' });
      const { cells, image } = await buildSystem(text, folder + '/system.kdl', factory);
      console.log(JSON.stringify({ cells, image }));
    }
    void main();
  `);

test('another folder, user mask, locale, time zone and file times give the same CIDs', async () => {
  const here = copyOfSources();
  const there = copyOfSources();
  utimesSync(join(there, 'cells/hello/main.c'), 1, 1);
  const env = {
    PATH: process.env.PATH,
    LC_ALL: 'tr_TR.UTF-8',
    TZ: 'Asia/Tokyo',
    CPATH: '/nowhere',
    SOURCE_DATE_EPOCH: '999',
    TMPDIR: temporaryFolder(),
  };
  const elsewhere: unknown = JSON.parse(
    execFileSync(process.execPath, [script(), there, text], { encoding: 'utf8', env, cwd: '/' }),
  );
  const { cells, image } = await build(here);
  expect(elsewhere).toEqual(JSON.parse(JSON.stringify({ cells, image })));
});

test('a rebuild runs no compiler, and one changed cell compiles that cell alone', async () => {
  const folder = copyOfSources();
  const runs: string[] = [];
  const clang = clangTools();
  const tools: BuildTools = {
    ...clang,
    compileCell: (request) => {
      runs.push(request.name);
      return clang.compileCell(request);
    },
    compileKernel: (request) => {
      runs.push('kernel');
      return clang.compileKernel(request);
    },
  };
  const first = await build(folder, text, tools);
  expect(runs).toEqual(['hello', 'silent', 'kernel']);
  expect(await build(folder, text, tools)).toEqual(first);
  expect(runs).toHaveLength(3);
  writeFiles(folder, { 'cells/silent/main.c': 'int main(void) { return 7; }\n' });
  const second = await build(folder, text, tools);
  expect(runs.slice(3)).toEqual(['silent']);
  expect(second.cells.hello).toEqual(first.cells.hello);
  expect(second.image.imageCid).not.toBe(first.image.imageCid);
});

test('a Tinybox image holds the cells of its system and keeps to its budget', async () => {
  const folder = copyOfSources();
  const { image, cells, system } = await build(folder);
  const { store } = await factoryIn(folder);
  const parsed = parseImage(await store.get(image.imageCid));
  expect(image.sizeBytes).toBeLessThanOrEqual(32_768);
  expect(
    parsed.cells.map(({ name, pledgeMask, stackSizeBytes }) => [name, pledgeMask, stackSizeBytes]),
  ).toEqual([
    ['hello', 7, 4096],
    ['silent', 0, 4096],
  ]);
  for (const { name } of system.cells) {
    const npk = await loadNpk(cells[name]?.variantCid ?? image.imageCid, store);
    const inImage = parsed.cells.find((cell) => cell.name === name);
    expect(Buffer.from(npk.files[0]?.bytes ?? []).equals(inImage?.bytes ?? Buffer.of())).toBe(true);
  }
});

test('an image over its budget names its largest parts', async () => {
  const folder = copyOfSources();
  writeFiles(folder, {
    'cells/silent/main.c': 'const volatile char big[600000] = {1};\nint main(void) { return big[7]; }\n',
  });
  await expect(build(folder)).rejects.toMatchObject({
    code: 'over-budget',
    message: expect.stringMatching(
      /^Cannot build image "swarm": 6\d{5} bytes, expected at most 32768/,
    ) as string,
    hint: expect.stringMatching(/cell silent\n.*kernel\n.*cell hello/) as string,
  });
});

test('an error in C is said with the file as the user knows it, and nothing is left behind', async () => {
  const folder = copyOfSources();
  writeFiles(folder, { 'cells/silent/main.c': 'int main(void) { return x; }\n' });
  await expect(build(folder)).rejects.toMatchObject({
    code: 'compile-failed',
    place: { file: 'cells/silent/main.c', line: 1, column: 25 },
  });
  const { store } = await factoryIn(folder);
  expect(await store.list()).toHaveLength(2);
});

test('builds in several processes at the same time give one result', async () => {
  const folder = copyOfSources();
  const program = script();
  const run = () => promisify(execFile)(process.execPath, [program, folder, text]);
  const [one, other] = await Promise.all([run(), run()]);
  expect(one.stdout).toBe(other.stdout);
  const { cells, image } = await build(folder);
  expect(JSON.parse(one.stdout)).toEqual(JSON.parse(JSON.stringify({ cells, image })));
});

test('a build that is told to stop ends its compiler and keeps nothing', async () => {
  const folder = copyOfSources();
  const factory = await factoryIn(folder);
  const controller = new AbortController();
  const onProgress = () => setTimeout(() => controller.abort(), 50);
  await expect(
    buildSystem(text, join(folder, 'system.kdl'), factory, { signal: controller.signal, onProgress }),
  ).rejects.toMatchObject({ code: 'aborted' });
  expect(await factory.store.list()).toEqual([]);
});
