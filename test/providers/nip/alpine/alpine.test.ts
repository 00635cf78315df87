/** Alpine: a repository that the test makes in the published format, served on the loopback; and a real package. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { createAdapter } from '../../../../providers/nip';
import { unpackApk } from '../../../../providers/nip/alpine/unpack';
import { readPackageHead } from '../../../../providers/nip/alpine/verify';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../../factory/_folders';
import { listTree } from '../_files';
import { serveFolder } from '../_server';
import { type MadeKey, type MadePackage, makeKey, writeAlpine } from './_repository';

const real = readFileSync(join(__dirname, '../../../vectors/apk/hello-wolfi-2.12.1-r0.apk'));
const openStore = (): Promise<BlockStore> => BlockStore.open(temporaryFolder());

const packages: readonly MadePackage[] = [
  {
    name: 'hello',
    version: '1.0-r0',
    files: [{ name: 'usr/bin/hello', mode: 0o4755, text: '#!/bin/sh\n' }],
    depends: ['so:libc.musl-x86_64.so.1', 'cmd:sh', 'zlib>=1.3', '!broken'],
    script: '#!/bin/sh\ntouch /nexus-canary\n',
  },
  {
    name: 'musl',
    version: '1.2.5-r1',
    files: [],
    provides: ['so:libc.musl-x86_64.so.1=1'],
    depends: ['hello'],
  },
  { name: 'busybox', version: '1.36-r1', files: [], provides: ['cmd:sh=1.36-r1'], lines: 'k:10' },
  { name: 'ash', version: '1-r0', files: [], provides: ['cmd:sh=1-r0'], lines: 'k:5' },
  { name: 'zlib', version: '1.3.1-r0', files: [{ name: 'lib/libz.so', text: 'z' }] },
  { name: 'needy', version: '1-r0', files: [], depends: ['hello', 'zlib>2'] },
  { name: 'broken', version: '1-r0', files: [] },
  { name: 'busybox-doc', version: '1-r0', files: [], lines: 'i:busybox docs' },
];

async function setUp(made = packages) {
  const folder = temporaryFolder();
  const key = makeKey(folder);
  await writeAlpine(folder, made, key);
  const mirror = await serveFolder(folder);
  const store = await openStore();
  const adapter = createAdapter('alpine', store);
  const repository = {
    adapter: 'alpine' as const,
    mirror: mirror.url,
    suite: 'v3.20',
    components: [],
    keys: [key.file],
  };
  const resolve = (...names: string[]) =>
    adapter.resolve({ repository, architecture: 'x86_64', packages: names, nowSeconds: 0 });
  return { folder, key, adapter, repository, resolve, store, mirror };
}

test('a closure over libraries, commands and versions is resolved, pinned and unpacked', async () => {
  const { adapter, repository, resolve } = await setUp();
  const closure = await resolve('hello');
  expect(closure.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'busybox 1.36-r1',
    'hello 1.0-r0',
    'musl 1.2.5-r1',
    'zlib 1.3.1-r0',
  ]);
  const [, hello] = closure;
  if (hello === undefined) throw new Error('no package');
  expect(listTree(await adapter.unpack(hello, repository))).toEqual([
    'usr/',
    'usr/bin/',
    'usr/bin/hello 755 10',
  ]);
});

test('what is pinned is unpacked from the store when the mirror is gone', async () => {
  const { adapter, repository, resolve } = await setUp();
  const [zlib] = await resolve('zlib');
  if (zlib === undefined) throw new Error('no package');
  const gone = { ...repository, mirror: 'http://127.0.0.1:1' };
  expect(listTree(await adapter.unpack(zlib, gone))).toEqual(['lib/', 'lib/libz.so 644 1']);
});

test('what cannot be had is refused with the chain of reasons', async () => {
  const { resolve } = await setUp();
  await expect(resolve('needy')).rejects.toMatchObject({
    code: 'unmet-dependency',
    message: expect.stringContaining('"needy" needs zlib>2, and there is only zlib 1.3.1-r0'),
  });
  await expect(resolve('helo')).rejects.toMatchObject({
    code: 'unknown-package',
    hint: 'Did you mean "hello"?',
  });
  await expect(resolve('hello', 'broken')).rejects.toMatchObject({ code: 'package-conflict' });
});

test('an index is refused that nobody has signed, or another key, or that was changed', async () => {
  const { folder, repository, resolve, adapter } = await setUp();
  const file = join(folder, 'v3.20/main/x86_64/APKINDEX.tar.gz');
  const whole = readFileSync(file);
  const other: MadeKey = makeKey(temporaryFolder());
  const request = { architecture: 'x86_64' as const, packages: ['zlib'], nowSeconds: 0 };
  const refused = (keys: readonly string[]) =>
    adapter.resolve({ ...request, repository: { ...repository, keys } });
  await expect(refused([other.file])).rejects.toMatchObject({ code: 'bad-signature' });
  await expect(refused([])).rejects.toMatchObject({ code: 'missing-key' });
  const changed = Buffer.from(whole);
  changed[whole.length - 20] = (changed[whole.length - 20] ?? 0) ^ 1;
  writeFileSync(file, changed);
  await expect(resolve('zlib')).rejects.toMatchObject({ code: 'bad-signature' });
  writeFileSync(file, whole.subarray(0, whole.length - 30));
  await expect(resolve('zlib')).rejects.toMatchObject({ code: 'bad-signature' });
  writeFileSync(file, whole.subarray(0, 100));
  await expect(resolve('zlib')).rejects.toMatchObject({ code: 'bad-archive' });
});

test('a package is refused that the index does not name, or whose files were changed, or that is too long', async () => {
  const { folder, resolve, key } = await setUp();
  const file = join(folder, 'v3.20/main/x86_64/zlib-1.3.1-r0.apk');
  const whole = readFileSync(file);
  const changed = Buffer.from(whole);
  changed[whole.length - 12] = (changed[whole.length - 12] ?? 0) ^ 1;
  writeFileSync(file, changed);
  await expect(resolve('zlib')).rejects.toMatchObject({ code: 'bad-archive' });
  writeFileSync(file, Buffer.concat([whole, Buffer.from('more')]));
  await expect(resolve('zlib')).rejects.toMatchObject({ code: 'mirror-failed' });
  const elsewhere = temporaryFolder();
  await writeAlpine(elsewhere, [{ name: 'zlib', version: '1.3.1-r0', files: [] }], key);
  writeFileSync(file, readFileSync(join(elsewhere, 'v3.20/main/x86_64/zlib-1.3.1-r0.apk')));
  await expect(resolve('zlib')).rejects.toMatchObject({ code: 'wrong-digest' });
});

test('a real signed package of another tool is read: its parts, its digest of files, its tree', async () => {
  const head = await readPackageHead(real, 'hello-wolfi');
  expect(head.info.get('provides')).toEqual(['cmd:hello=2.12.1-r0']);
  expect(createHash('sha256').update(real.subarray(head.dataOffset)).digest('hex')).toBe(
    head.info.get('datahash')?.[0],
  );
  const store = await openStore();
  const { tree } = await unpackApk(await store.put('raw', real), 'hello-wolfi', store);
  expect(tree.find(({ path }) => path === 'usr/bin/hello')).toMatchObject({ mode: 0o755, sizeBytes: 47736 });
});

test('a package that was changed or cut off anywhere gives the same tree or is refused', async () => {
  const store = await openStore();
  const tree = listTree((await unpackApk(await store.put('raw', real), 'a.apk', store)).tree);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(real.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, flip, isCut) => {
        const changed = Buffer.from(isCut ? real.subarray(0, at) : real);
        if (!isCut) changed[at] = (changed[at] ?? 0) ^ flip;
        const cid = await store.put('raw', changed);
        const sealed = await unpackApk(cid, 'a.apk', store).catch((error) => {
          expect(error).toHaveProperty('code');
          expect(error).toHaveProperty('hint');
          return undefined;
        });
        if (sealed !== undefined) expect(listTree(sealed.tree)).toEqual(tree);
      },
    ),
    { numRuns: 150 },
  );
});
