/** The filter, on programs that a real compiler and linker made. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { filterTree, mergeTrees, sealArchive } from '../../../../providers/nip';
import { readElfNeeds } from '../../../../providers/nip/filter/elf';
import { createMatcher } from '../../../../providers/nip/filter/glob';
import { findRule } from '../../../../providers/nip/filter/rules';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../../factory/_folders';
import { archive, entry, link, pieces } from '../_archive';

const built = temporaryFolder();
const triplet = 'x86_64-linux-gnu';

/** Links a file for x86-64 without any library of this machine. */
function linkElf(name: string, flags: readonly string[]): Buffer {
  const source = join(built, `${name}.c`);
  writeFileSync(source, 'int used(void); int _start(void) { return 0; }');
  const target = ['--target=x86_64-linux-gnu', '-nostdlib', '-fuse-ld=lld-19', '-Wl,--no-as-needed'];
  execFileSync('clang-19', [...target, ...flags, '-o', name, source], { cwd: built });
  return readFileSync(join(built, name));
}

const lib = linkElf('libone.so.1', ['-shared', '-Wl,-soname,libone.so.1']);
const libTwo = linkElf('libtwo.so', ['-shared', '-Wl,-soname,libtwo.so', './libone.so.1']);
const program = linkElf('tool', [
  '-pie',
  '-Wl,--dynamic-linker=/lib64/ld-test.so.2',
  '-Wl,-rpath,$ORIGIN/../own:/opt/lib',
  './libtwo.so',
]);

const file = (path: string, bytes: Uint8Array) =>
  entry(path, { sizeBytes: bytes.length, content: pieces([bytes]), mode: 0o755 });

async function someTree(store: BlockStore) {
  const entries = [
    file('usr/bin/tool', program),
    file('usr/own/libtwo.so', libTwo),
    file(`usr/lib/${triplet}/libone.so.1.2`, lib),
    link(`usr/lib/${triplet}/libone.so.1`, 'libone.so.1.2'),
    file('usr/lib64/ld-test.so.2', lib),
    file('usr/bin/script', Buffer.from('#!/usr/bin/env -S tool --fast\n')),
    file('usr/bin/env', lib),
    entry('usr/share/doc/tool/README'),
    entry('etc/tool.conf'),
  ];
  const { tree } = await sealArchive(archive(...entries), { name: 'tool.deb', store });
  return mergeTrees([{ name: 'tool', tree }]);
}

test('what an ELF file needs is what readelf says of it', () => {
  const said = execFileSync('readelf', ['-dl', join(built, 'tool')], { encoding: 'utf8' });
  const needs = readElfNeeds(program);
  expect(needs?.libraries).toEqual([...said.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name));
  expect(needs?.interpreter).toBe(/interpreter: (.*)\]/.exec(said)?.[1]);
  expect(needs?.searchPath).toEqual(/\(RUNPATH\).*\[(.*)\]/.exec(said)?.[1]?.split(':'));
  expect(needs?.libraries).toHaveLength(1);
});

test('a root stays with all that it needs, through links, and each path knows why', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const { tree, reasons, missing } = await filterTree({
    tree: await someTree(store),
    keep: ['/usr/bin/tool'],
    drop: [],
    store,
  });
  expect(tree.filter(({ type }) => type !== 'folder').map(({ path }) => path)).toEqual([
    'lib',
    'lib64',
    'usr/bin/tool',
    `usr/lib/${triplet}/libone.so.1`,
    `usr/lib/${triplet}/libone.so.1.2`,
    'usr/lib64/ld-test.so.2',
    'usr/own/libtwo.so',
  ]);
  expect(missing).toEqual([]);
  expect(reasons.get('usr/own/libtwo.so')).toEqual({ kind: 'library', by: 'usr/bin/tool' });
  expect(reasons.get(`usr/lib/${triplet}/libone.so.1`)).toEqual({ kind: 'library', by: 'usr/own/libtwo.so' });
  expect(reasons.get('usr/lib64/ld-test.so.2')).toEqual({ kind: 'interpreter', by: 'usr/bin/tool' });
});

test('a script needs its interpreter, and what env starts', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const { reasons } = await filterTree({
    tree: await someTree(store),
    keep: ['usr/bin/script'],
    drop: [],
    store,
  });
  expect(reasons.get('usr/bin/env')).toEqual({ kind: 'interpreter', by: 'usr/bin/script' });
  expect(reasons.get('usr/bin/tool')).toEqual({ kind: 'interpreter', by: 'usr/bin/script' });
});

test('a library that nobody brings is told, with who needs it', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const { tree } = await sealArchive(archive(file('usr/bin/tool', program)), { name: 'a', store });
  const { missing } = await filterTree({ tree, keep: ['usr/bin/tool'], drop: [], store });
  expect(missing.map(({ name }) => name)).toEqual(['/lib64/ld-test.so.2', 'libtwo.so']);
});

test('without roots all stays but what a rule or the cell itself drops', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const { tree, foreignSizeBytes, sizeBytes } = await filterTree({
    tree: await someTree(store),
    keep: [],
    drop: ['etc'],
    store,
  });
  const paths = tree.map(({ path }) => path);
  expect(paths).toContain('usr/bin/tool');
  expect(paths).not.toContain('usr/share/doc/tool/README');
  expect(paths).not.toContain('etc/tool.conf');
  expect(foreignSizeBytes - sizeBytes).toBe('usr/share/doc/tool/README'.length + 'etc/tool.conf'.length);
});

test('a pattern that names nothing is an error, and so are packages with one path and two contents', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const request = { tree: await someTree(store), drop: [], store };
  await expect(filterTree({ ...request, keep: ['usr/bin/tol'] })).rejects.toMatchObject({
    code: 'nothing-kept',
  });
  const seal = async (text: string) =>
    (await sealArchive(archive(file('etc/same', Buffer.from(text))), { name: text, store })).tree;
  const trees = [
    { name: 'one', tree: await seal('a') },
    { name: 'two', tree: await seal('b') },
  ];
  expect(() => mergeTrees(trees)).toThrow('both have "etc/same"');
  expect(mergeTrees([...trees.slice(0, 1), ...trees.slice(0, 1)])).toHaveLength(2);
});

test('links that lead in a circle only together are refused with the package that has one', async () => {
  const store = await BlockStore.open(temporaryFolder());
  const seal = async (path: string, target: string) =>
    (await sealArchive(archive(link(path, target)), { name: path, store })).tree;
  const trees = [
    { name: 'one', tree: await seal('a', 'b') },
    { name: 'two', tree: await seal('b', 'a') },
  ];
  expect(() => mergeTrees(trees)).toThrow('of "one" leads over more than 40 links');
});

test.each([
  ['usr/share/doc', 'usr/share/doc/a/b', true],
  ['usr/share/doc', 'usr/share/docs', false],
  ['usr/lib/*.a', 'usr/lib/libx.a', true],
  ['usr/lib/*.a', 'usr/lib/y/libx.a', false],
  ['usr/lib/**/*.a', 'usr/lib/libx.a', true],
  ['usr/lib/**/*.a', 'usr/lib/y/z/libx.a', true],
  ['**/__pycache__', 'usr/lib/python3/__pycache__/x.pyc', true],
  ['/usr/bin/to?l', 'usr/bin/tool', true],
  ['a.b', 'aXb', false],
])('pattern %s on %s: %s', (pattern, path, isNamed) => {
  expect(createMatcher([pattern])(path)).toBe(isNamed);
});

test('static libraries, headers and manual pages go by a rule of that name', () => {
  expect(findRule('usr/lib/x86_64-linux-gnu/libc.a')).toBe('static libraries');
  expect(findRule('usr/include/stdio.h')).toBe('headers');
  expect(findRule('usr/share/man/man1/ls.1.gz')).toBe('manual pages');
  expect(findRule('usr/bin/ls')).toBeUndefined();
});

test('an ELF file changed anywhere never brings the reader down', () => {
  const change = fc.record({ at: fc.nat(program.length - 1), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 10 }), (changes) => {
      const changed = Buffer.from(program);
      for (const { at, to } of changes) changed[at] = to;
      const needs = readElfNeeds(changed);
      expect(needs?.libraries.length ?? 0).toBeLessThanOrEqual(4096);
    }),
    { numRuns: 2000 },
  );
});
