/** `nexus init`: what it makes, what it refuses, and what an interruption leaves. */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Desk, root } from './_io';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

const inFolder = (...names: string[]) => readdirSync(join(desk.folder, ...names)).toSorted();
const read = (...names: string[]) => readFileSync(join(desk.folder, ...names), 'utf8');

interface Package {
  readonly name?: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

test('it makes app, test, snapshot, CI file, .gitignore and README, and says what comes next', async () => {
  const { code, out, err } = await desk.nexus('init', 'infra');
  expect([code, err]).toEqual([0, '']);
  const made = inFolder('infra');
  expect(made).toEqual(
    expect.arrayContaining(['.github', '.gitignore', 'README.md', 'cdktf.json', 'cells', 'main.ts', 'test']),
  );
  expect(made).not.toContain('gitignore');
  expect(inFolder('infra/test/__snapshots__')).toEqual(['stack.test.ts.snap']);
  expect(read('infra/.gitignore')).toContain('.nexus/');
  expect(out).toMatch(/^Made "infra":\n[\s\S]*Next:\n {2}cd infra\n {2}npm install\n/);
  expect(inFolder()).toEqual(['infra']);
  expect(statSync(join(desk.folder, 'infra')).mode & 0o777).toBe(0o755);
});

test('the JSON names the folder and each file', async () => {
  const made = await desk.json<{ folder: string; files: string[] }>('init', 'infra');
  expect(made).toMatchObject({ code: 0, folder: join(desk.folder, 'infra') });
  expect(made.files).toEqual(
    expect.arrayContaining(['.github/workflows/ci.yml', '.gitignore', 'cells/hello/main.c', 'stack.ts']),
  );
});

test('the package is named after its folder and uses this version, and the packages that are tested here', async () => {
  await desk.nexus('init', 'some/where/My Plant_1');
  const made = JSON.parse(read('some/where/My Plant_1/package.json')) as Package;
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package & { version: string };
  expect([made.name, made.dependencies['nexus-factory']]).toEqual(['my-plant_1', own.version]);
  const { 'nexus-factory': _, ...others } = { ...made.dependencies, ...made.devDependencies };
  expect(own.devDependencies).toMatchObject(others);
});

test('an empty folder is filled', async () => {
  mkdirSync(join(desk.folder, 'infra'));
  expect((await desk.nexus('init', 'infra')).code).toBe(0);
  expect(inFolder('infra')).toContain('main.ts');
});

test('a folder that holds something is refused and left alone', async () => {
  desk.write({ 'infra/.keep': '' });
  expect(await desk.nexus('init', 'infra')).toEqual({
    code: 2,
    out: '',
    err:
      'nexus: Cannot make a repository in "infra": it holds 1 files, expected none\n' +
      '  hint: Name a new folder; nothing that is there is touched.\n',
  });
  expect(inFolder('infra')).toEqual(['.keep']);
});

test('a file and the working folder are refused', async () => {
  writeFileSync(join(desk.folder, 'infra'), '');
  expect((await desk.nexus('init', 'infra')).err).toContain(
    'it is a file, expected no file or an empty folder',
  );
  expect((await desk.nexus('init', '.')).err).toContain('it is the working folder, expected another');
  expect((await desk.nexus('init')).code).toBe(2);
});

test('interrupted it leaves nothing, not even the folders above', async () => {
  desk.controller.abort();
  expect(await desk.nexus('init', 'some/where/infra')).toMatchObject({ code: 130 });
  expect(inFolder()).toEqual([]);
});

test('when a file cannot be made nothing is left', async () => {
  const broken = join(desk.folder, 'broken-template');
  cpSync(join(root, 'template'), broken, { recursive: true });
  writeFileSync(join(broken, 'package.json'), 'no JSON');
  desk.templateFolder = broken;
  const { code, err } = await desk.nexus('init', 'infra');
  expect([code, err]).toEqual([1, expect.stringContaining('hint: Nothing was made')]);
  expect(inFolder()).toEqual(['broken-template']);
});
