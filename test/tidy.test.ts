/**
 * The house rules that a program can check: imports go one way and through a folder's index, files stay short, no
 * file is dead, every page is linked, nothing of a build machine stands in the sources.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const root = dirname(__dirname);

/** For each folder, the folders it may import besides itself. The order is that of the data's way. */
const mayImport: Record<string, readonly string[]> = {
  schema: [],
  model: ['schema'],
  constructs: ['schema', 'model'],
  testing: ['schema', 'model'],
  'providers/plugin': ['schema'],
  'providers/durable': [],
  'providers/machine': [],
  'providers/provchain': ['model', 'providers/durable'],
  'providers/utcp': ['model'],
  'providers/store': ['model', 'providers/durable'],
  'providers/pledge': ['model'],
  'providers/nip': ['model', 'providers/durable', 'providers/store'],
  'providers/catalog': ['model', 'providers/durable', 'providers/nip'],
  'providers/factory': [
    'model',
    'providers/durable',
    'providers/machine',
    'providers/provchain',
    'providers/store',
    'providers/nip',
    'providers/pledge',
  ],
  'providers/deploy': [
    'model',
    'providers/durable',
    'providers/machine',
    'providers/utcp',
    'providers/provchain',
  ],
  'providers/nexus': [
    'schema',
    'model',
    'providers/plugin',
    'providers/durable',
    'providers/machine',
    'providers/provchain',
    'providers/utcp',
    'providers/store',
    'providers/nip',
    'providers/pledge',
    'providers/factory',
    'providers/deploy',
  ],
  cli: [
    'schema',
    'model',
    'providers/durable',
    'providers/machine',
    'providers/provchain',
    'providers/utcp',
    'providers/store',
    'providers/nip',
    'providers/catalog',
    'providers/pledge',
    'providers/factory',
    'providers/deploy',
    'providers/nexus',
  ],
};
const folders = Object.keys(mayImport);

/** Started by Node or by a build, so that no import names them. */
const entryPoints = [
  'constructs/index.ts',
  'testing/index.ts',
  'testing/jest.ts',
  'testing/vitest.ts',
  'cli/main.ts',
  'providers/nexus/main.ts',
  'providers/provchain/audit/audit-worker.ts',
  'providers/nip/unpack-worker.ts',
  'providers/store/check-worker.ts',
  'providers/plugin/index.ts',
  // The reference that the kernel's frames are checked against; only tests run it so far.
  'providers/utcp/index.ts',
];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const sources = files.filter(
  (file) => file.endsWith('.ts') && folders.some((folder) => file.startsWith(`${folder}/`)),
);

const folderOf = (file: string): string => folders.find((folder) => file.startsWith(`${folder}/`)) ?? '';

interface Import {
  readonly from: string;
  /** Path of the imported file or folder, from the root, without extension. */
  readonly to: string;
}

function importsOf(file: string): Import[] {
  const specifiers = [...read(file).matchAll(/(?:from|import|import\()\s*'(\.[^']*)'/g)];
  return specifiers.map(([, specifier = '']) => ({
    from: file,
    to: posix.join(posix.dirname(file), specifier),
  }));
}

const imports = sources.flatMap(importsOf);

test('imports between folders go one way', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [home, target] = [folderOf(from), folderOf(`${to}/`)];
    return target !== home && !(mayImport[home] ?? []).includes(target);
  });
  expect(wrong).toEqual([]);
});

test('another folder is imported through its index only', () => {
  const wrong = imports.filter(
    ({ from, to }) => folderOf(from) !== folderOf(`${to}/`) && !folders.includes(to),
  );
  expect(wrong).toEqual([]);
});

test('every source file is imported by another or is an entry point', () => {
  const resolved = new Set(imports.flatMap(({ to }) => [`${to}.ts`, `${to}/index.ts`, to]));
  expect(sources.filter((file) => !resolved.has(file) && !entryPoints.includes(file))).toEqual([]);
});

test('no source file is longer than 400 lines', () => {
  const code = files.filter((file) => /\.(ts|mjs|c|h|S)$/.test(file));
  expect(code.filter((file) => read(file).split('\n').length > 401)).toEqual([]);
});

test('no line of C is wider than 110 columns', () => {
  const wide = files
    .filter((file) => /\.(c|h|S)$/.test(file))
    .flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) => (line.length > 110 ? [`${file}:${index + 1}`] : [])),
    );
  expect(wide).toEqual([]);
});

test('every folder of the sources and every page is named in ARCHITECTURE.md or linked from README.md', () => {
  const map = read('ARCHITECTURE.md');
  const linked =
    map +
    read('README.md') +
    files
      .filter((file) => /^docs\/.*\.md$/.test(file))
      .map(read)
      .join('\n');
  const pages = files.filter((file) => /^docs\/.*\.md$/.test(file)).map((file) => posix.basename(file));
  expect(folders.filter((folder) => !map.includes(`\`${folder}/\``))).toEqual([]);
  expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
});

test('every relative link of a page leads to a file', () => {
  const links = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(
        ([, target = '']) => [file, target] as const,
      ),
    );
  expect(links.filter(([file, target]) => !existsSync(join(root, dirname(file), target)))).toEqual([]);
});

test('no note of unfinished work stands without a reason', () => {
  const marks = /\b(TODO|FIXME|XXX|HACK)\b(?!\(.+\): )/;
  const named = files.filter((file) => /\.(ts|mjs|c|h|S|md)$/.test(file) && file !== 'test/tidy.test.ts');
  expect(named.filter((file) => marks.test(read(file)))).toEqual([]);
});

test('every test is reached by npm test: none is skipped or alone', () => {
  const tests = files.filter((file) => file.endsWith('.test.ts') && file !== 'test/tidy.test.ts');
  expect(
    tests.filter((file) =>
      /\b(test|it|describe)\.(only|skip|todo)\b|\bx(it|test|describe)\(/.test(read(file)),
    ),
  ).toEqual([]);
});
