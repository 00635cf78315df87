/** OpenBSD: sets signed by Debian's signify, served on the loopback. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createAdapter } from '../../../../providers/nip';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../../factory/_folders';
import { hexOf, listTree, tarOf } from '../_files';
import { serveFolder } from '../_server';

function makeKey(folder: string, name: string): string {
  const [file, secret] = [join(folder, `${name}.pub`), join(folder, `${name}.sec`)];
  execFileSync('signify-openbsd', ['-G', '-n', '-p', file, '-s', secret]);
  return file;
}

async function setUp() {
  const folder = temporaryFolder();
  const at = join(folder, '7.6/amd64');
  mkdirSync(at, { recursive: true });
  const key = makeKey(folder, 'openbsd-76-base');
  const sets = {
    base: [
      { name: './usr/bin/su', mode: 0o4555, text: 'su' },
      { name: './bin/ksh', mode: 0o555, text: 'sh' },
    ],
    comp: [{ name: './usr/include/stdio.h', text: '#' }],
  };
  const lines: string[] = [];
  for (const [name, entries] of Object.entries(sets)) {
    const bytes = gzipSync(await tarOf(entries));
    writeFileSync(join(at, `${name}76.tgz`), bytes);
    lines.push(`SHA256 (${name}76.tgz) = ${hexOf('sha256', bytes)}`);
  }
  writeFileSync(join(at, 'SHA256'), `SHA256 (BUILDINFO) = ${'0'.repeat(64)}\n${lines.join('\n')}\n`);
  execFileSync(
    'signify-openbsd',
    ['-S', '-e', '-s', join(folder, 'openbsd-76-base.sec'), '-m', 'SHA256', '-x', 'SHA256.sig'],
    { cwd: at },
  );
  const { url } = await serveFolder(folder);
  const adapter = createAdapter('openbsd', await BlockStore.open(temporaryFolder()));
  const repository = { adapter: 'openbsd' as const, mirror: url, suite: '7.6', components: [], keys: [key] };
  const resolve = (packages: string[], keys = [key]) =>
    adapter.resolve({ repository: { ...repository, keys }, architecture: 'x86_64', packages, nowSeconds: 0 });
  return { folder, at, adapter, repository, resolve };
}

test('a set that signify has signed is pinned and unpacked, without its set-uid bits', async () => {
  const { adapter, repository, resolve } = await setUp();
  const [base, comp] = await resolve(['comp', 'base']);
  if (base === undefined || comp === undefined) throw new Error('no sets');
  expect([base.name, base.path, comp.name]).toEqual(['base', '7.6/amd64/base76.tgz', 'comp']);
  expect(listTree(await adapter.unpack(base, repository))).toEqual([
    'bin/',
    'bin/ksh 755 2',
    'usr/',
    'usr/bin/',
    'usr/bin/su 755 2',
  ]);
});

test('another key, a changed list, a changed set, a set that is not there: each is refused by its name', async () => {
  const { folder, at, resolve } = await setUp();
  await expect(resolve(['base'], [makeKey(folder, 'other')])).rejects.toMatchObject({
    code: 'bad-signature',
  });
  await expect(resolve(['base'], [])).rejects.toMatchObject({ code: 'missing-key' });
  await expect(resolve(['base'], [join(at, 'SHA256')])).rejects.toMatchObject({ code: 'bad-key' });
  await expect(resolve(['bse'])).rejects.toMatchObject({
    code: 'unknown-package',
    hint: 'Did you mean "base"?',
  });
  writeFileSync(join(at, 'comp76.tgz'), 'something else');
  await expect(resolve(['comp'])).rejects.toMatchObject({ code: 'wrong-digest' });
  const list = readFileSync(join(at, 'SHA256.sig'), 'utf8');
  writeFileSync(join(at, 'SHA256.sig'), list.replace('BUILDINFO', 'buildinfo'));
  await expect(resolve(['base'])).rejects.toMatchObject({ code: 'bad-signature' });
  writeFileSync(join(at, 'SHA256.sig'), list.slice(0, 60));
  await expect(resolve(['base'])).rejects.toMatchObject({ code: 'bad-signature' });
});
