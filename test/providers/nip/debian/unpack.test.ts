/** Packages of dpkg-deb become trees: /usr is merged, nothing is run, nothing is written but into the store. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { unpackDeb } from '../../../../providers/nip/debian/unpack';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../../factory/_folders';
import { pieces } from '../_archive';
import { listTree } from '../_files';
import { makeDeb } from './_repository';

const openStore = (): Promise<BlockStore> => BlockStore.open(temporaryFolder());
const unpack = async (bytes: Uint8Array, store?: BlockStore) =>
  (await unpackDeb(pieces([bytes]), 'a.deb', store ?? (await openStore()))).tree;

test.each(['gzip', 'xz', 'zstd', 'none'])('what dpkg-deb packs with %s is unpacked', async (compression) => {
  const bytes = makeDeb({ name: 'a', files: { 'usr/share/a': 'text' }, compression });
  expect(listTree(await unpack(bytes))).toEqual(['usr/', 'usr/share/', 'usr/share/a 644 4']);
});

test('what lies below the old names moves into /usr, and links still lead where they led', async () => {
  const tree = await unpack(
    makeDeb({
      name: 'a',
      files: {
        'bin/tool': 'tool',
        'bin/absolute': '-> /etc/target',
        'bin/sibling': '-> tool',
        'lib/x/deep': '-> ../../etc/target',
        'lib/x/within': '-> ../../lib/y',
        'lib64/ld.so': '-> /lib/x/ld-1.so',
        'sbin/up': '-> ../usr/bin/tool',
        'usr/lib/kept': 'kept',
      },
    }),
  );
  expect(listTree(tree).filter((line) => !line.endsWith('/'))).toEqual([
    'usr/bin/absolute -> ../../etc/target',
    'usr/bin/sibling -> tool',
    'usr/bin/tool 644 4',
    'usr/lib/kept 644 4',
    'usr/lib/x/deep -> ../../../etc/target',
    'usr/lib/x/within -> ../../lib/y',
    'usr/lib64/ld.so -> ../../lib/x/ld-1.so',
    'usr/sbin/up -> ../../usr/bin/tool',
  ]);
  expect(tree.some(({ path }) => /^(bin|lib|lib64|sbin)(\/|$)/.test(path))).toBe(false);
});

test('a maintainer script is never run, and nothing is written outside the store', async () => {
  const folder = temporaryFolder();
  const canary = join(folder, 'canary');
  const store = await BlockStore.open(join(folder, 'store'));
  const bytes = makeDeb({ name: 'a', files: { 'etc/a': 'a' }, preinst: `#!/bin/sh\ntouch ${canary}\n` });
  expect(listTree(await unpack(bytes, store))).toEqual(['etc/', 'etc/a 644 1']);
  expect(existsSync(canary)).toBe(false);
  expect(readdirSync(folder)).toEqual(['store']);
});

test('a package without its data, or of another format, is refused', async () => {
  const deb = makeDeb({ name: 'a', files: { a: 'a' } });
  const other = Buffer.from(deb);
  other.write('3.0', deb.indexOf('2.0\n'));
  await expect(unpack(other)).rejects.toThrow('expected 2.0');
  await expect(unpack(deb.subarray(0, deb.indexOf('data.tar')))).rejects.toMatchObject({
    code: 'bad-archive',
  });
});

test.each(['xz', 'zstd', 'gzip'])(
  'a package in %s, changed or cut off anywhere, is refused or a sound tree',
  async (compression) => {
    const deb = makeDeb({ name: 'a', files: { 'usr/a': 'a', 'usr/b': '-> a' }, compression });
    const store = await openStore();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(deb.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, flip, isCut) => {
          const changed = Buffer.from(isCut ? deb.subarray(0, at) : deb);
          if (!isCut) changed[at] = (changed[at] ?? 0) ^ flip;
          const tree = await unpack(changed, store).catch((error) => {
            expect(error).toHaveProperty('code');
            expect(error).toHaveProperty('hint');
            return [];
          });
          for (const { path } of tree) expect(path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/);
        },
      ),
      { numRuns: 150 },
    );
  },
);
