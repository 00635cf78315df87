/** The page docs/testing.md is carried out: its example is type-checked, and run by the real Vitest and the real Jest. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeTree } from '../constructs/_fixture';

const root = path.join(__dirname, '../..');
const page = readFileSync(path.join(root, 'docs/testing.md'), 'utf8');
const files = Object.fromEntries(
  [...page.matchAll(/^```ts (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => [name, text]),
);
const sources = {
  'nexus-factory/testing/vitest': path.join(root, 'testing/vitest.ts'),
  'nexus-factory/testing/jest': path.join(root, 'testing/jest.ts'),
  'nexus-factory/testing': path.join(root, 'testing/index.ts'),
  'nexus-factory': path.join(root, 'constructs/index.ts'),
};

/** How Jest has to be set up to run this library from its sources; its bundle needs none of it. */
const ownConfig = require('../../jest.config.js') as {
  readonly projects: readonly { readonly transformIgnorePatterns: readonly string[] }[];
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nexus-testing-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  // The example's stack looks for the built provider, which a unit test does not have.
  const withStandIn = (text: string) =>
    text.replace('super(app, id);', "super(app, id, { providerPackage: '.' });");
  writeTree(folder, { ...files, 'stack.ts': withStandIn(files['stack.ts'] ?? ''), 'cells/hello/main.c': '' });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, ...args: readonly string[]): { status: number | null; output: string } {
  const { JEST_WORKER_ID: _, NODE_ENV: __, ...clean } = process.env;
  const env = { ...clean, CI: '', NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules', program), ...args],
    {
      cwd: folder,
      env,
      encoding: 'utf8',
    },
  );
  return { status, output: stdout + stderr };
}

const snapshot = () => readFileSync(path.join(folder, '__snapshots__/stack.test.ts.snap'), 'utf8');
const expectedKdl = `system "n" version=1 {
    profile "tinybox"
    cell "hello" {`;

test('the example passes under Vitest, and its snapshot is KDL', () => {
  writeTree(folder, {
    'vitest.config.mjs': `export default { resolve: { alias: ${JSON.stringify(sources)} } };`,
  });
  const { status, output } = run('vitest/vitest.mjs', 'run');
  expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining('5 passed') });
  expect(snapshot()).toContain(expectedKdl);
});

test('with the import of the other runner it passes under Jest', () => {
  const text = files['stack.test.ts'] ?? '';
  const jestText = text.replace('testing/vitest', 'testing/jest').replace(/^import .* from 'vitest';\n/m, '');
  const names = Object.entries(sources).map(([name, file]) => [`^${name}$`, file]);
  const config = {
    rootDir: folder,
    transform: { '^.+\\.[cm]?[jt]s$': [path.join(root, 'node_modules/@swc/jest'), {}] },
    transformIgnorePatterns: ownConfig.projects[0]?.transformIgnorePatterns,
    resolver: path.join(root, 'scripts/jest-resolver.cjs'),
    moduleDirectories: ['node_modules', path.join(root, 'node_modules')],
    moduleNameMapper: Object.fromEntries(names),
  };
  writeTree(folder, {
    'stack.test.ts': jestText,
    '.swcrc':
      '{ "jsc": { "parser": { "syntax": "typescript" }, "target": "es2022" }, "module": { "type": "commonjs" } }',
    'jest.config.json': JSON.stringify(config),
  });
  const { status, output } = run('jest/bin/jest.js', '--config', 'jest.config.json');
  expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining('5 passed') });
  expect(snapshot()).toContain(expectedKdl);
});

test('the example is well typed, and a wrong attribute is not', () => {
  const source = path.join(folder, 'typed');
  mkdirSync(source);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(source, name), text);
  const wrong = (files['stack.test.ts'] ?? '').replace("{ mesh: 'alpha' }", "{ mehs: 'alpha' }");
  writeFileSync(path.join(source, 'wrong.test.ts'), wrong);
  const options = {
    extends: path.join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: Object.fromEntries(Object.entries(sources).map(([name, file]) => [name, [file]])),
    },
    include: [source],
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
  const { output } = run('.bin/tsc', '-p', folder);
  const problems = output.split('\n').filter((line) => line.startsWith('typed/'));
  expect(problems).toEqual([expect.stringMatching(/^typed\/wrong\.test\.ts.*'mehs' does not exist/)]);
});
