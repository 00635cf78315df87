/** Chimera: packages and an index of the real apk 3, and a repository written by the test, served on the loopback. */
import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { createAdapter } from '../../../../providers/nip';
import { unpackApk3 } from '../../../../providers/nip/chimera/unpack';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../../factory/_folders';
import { pieces } from '../_archive';
import { listTree } from '../_files';
import { serveFolder } from '../_server';
import { type MadeFile, makeAdb, makeBlock, makePackage, makeSignature, word } from './_adb';

const vectors = join(__dirname, '../../../vectors/apk');
const openStore = (): Promise<BlockStore> => BlockStore.open(temporaryFolder());
const unpack = async (bytes: Uint8Array, store?: BlockStore) =>
  unpackApk3(pieces([bytes]), 'a.apk', store ?? (await openStore()));

async function setUp(folder: string, key: string) {
  const { url } = await serveFolder(folder);
  const adapter = createAdapter('chimera', await openStore());
  const repository = {
    adapter: 'chimera' as const,
    mirror: url,
    suite: 'current',
    components: [],
    keys: [key],
  };
  const resolve = (...packages: string[]) =>
    adapter.resolve({ repository, architecture: 'x86_64', packages, nowSeconds: 0 });
  return { adapter, repository, resolve };
}

/** What apk 3 itself has made, as a mirror. */
function realRepository(): { folder: string; at: string } {
  const folder = temporaryFolder();
  const at = join(folder, 'current/main/x86_64');
  mkdirSync(at, { recursive: true });
  for (const file of ['Packages.adb', 'hello-1.0-r0.apk', 'libhello-1.2-r3.apk'])
    copyFileSync(join(vectors, file), join(at, file));
  return { folder, at };
}

const realKey = join(vectors, 'test.rsa.pub');

test("apk's own index and packages are read: closure, files, and its scripts left alone", async () => {
  const { adapter, repository, resolve } = await setUp(realRepository().folder, realKey);
  const closure = await resolve('cmd:hello');
  expect(closure.map(({ name, version, license }) => `${name} ${version} ${license}`)).toEqual([
    'hello 1.0-r0 MIT',
    'libhello 1.2-r3 MIT',
  ]);
  const trees = await Promise.all(closure.map((each) => adapter.unpack(each, repository)));
  expect(trees.map(listTree)).toEqual([
    [
      'etc/',
      'etc/abs -> ../usr/bin/hello',
      'etc/empty 644 0',
      'etc/hello.conf 644 4',
      'usr/',
      'usr/bin/',
      'usr/bin/hello 755 21',
      'usr/bin/hi -> hello',
      'usr/bin/hullo 755 21',
      'usr/share/',
      'usr/share/doc/',
      'usr/share/doc/long 644 3000',
    ],
    ['usr/', 'usr/lib/', 'usr/lib/libhello.so.1 644 4'],
  ]);
});

test('an index before apk 3.0 has the name of the old one', async () => {
  const { folder, at } = realRepository();
  copyFileSync(join(at, 'Packages.adb'), join(at, 'APKINDEX.tar.gz'));
  writeFileSync(join(folder, 'gone'), '');
  const mirror = await serveFolder(folder, (path, response) => {
    if (path.endsWith('Packages.adb')) response.writeHead(404).end();
    return path.endsWith('Packages.adb');
  });
  const { adapter, repository } = await setUp(folder, realKey);
  const request = { architecture: 'x86_64' as const, packages: ['libhello'], nowSeconds: 0 };
  const closure = await adapter.resolve({ ...request, repository: { ...repository, mirror: mirror.url } });
  expect(closure).toHaveLength(1);
});

test('an index of another key, changed or cut off, is refused', async () => {
  const { folder, at } = realRepository();
  const other = join(folder, 'other.pub');
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(other, publicKey.export({ type: 'spki', format: 'pem' }));
  await expect((await setUp(folder, other)).resolve('hello')).rejects.toMatchObject({
    code: 'bad-signature',
  });
  const whole = readFileSync(join(at, 'Packages.adb'));
  const { resolve } = await setUp(folder, realKey);
  writeFileSync(join(at, 'Packages.adb'), whole.subarray(0, 300));
  await expect(resolve('hello')).rejects.toMatchObject({ code: 'bad-archive' });
});

test('a package is refused that is not the one of the index', async () => {
  const { folder, at } = realRepository();
  copyFileSync(join(at, 'libhello-1.2-r3.apk'), join(at, 'hello-1.0-r0.apk'));
  const { resolve } = await setUp(folder, realKey);
  await expect(resolve('hello')).rejects.toMatchObject({ code: 'wrong-digest' });
});

test.each(['rsa', 'ec'] as const)(
  'an index that the test writes and signs with %s is resolved',
  async (type) => {
    const pair =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = makePackage([], [{ path: '', files: [{ name: 'a', text: 'content' }] }]);
    const folder = temporaryFolder();
    const at = join(folder, 'current/main/x86_64');
    mkdirSync(join(at, 'to'), { recursive: true });
    writeFileSync(join(at, 'to/tool-1.apk'), made.bytes);
    const info = [
      'tool',
      '1',
      made.identity,
      'A tool',
      'x86_64',
      'MIT',
      ...Array(6).fill(undefined),
      made.bytes.length,
    ];
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the format's own
    const adb = makeAdb(['made', [info], '${name:2}/${name}-${version}.apk']);
    const index = [
      Buffer.from('ADB.indx'),
      makeBlock(0, adb),
      makeSignature(adb, 'indx', pair.privateKey, pair.publicKey),
    ];
    writeFileSync(join(at, 'Packages.adb'), Buffer.concat(index));
    const key = join(folder, 'key.pub');
    writeFileSync(key, pair.publicKey.export({ type: 'spki', format: 'pem' }));
    const { adapter, repository, resolve } = await setUp(folder, key);
    const [tool] = await resolve('tool');
    if (tool === undefined) throw new Error('no package');
    expect(listTree(await adapter.unpack(tool, repository))).toEqual(['a 644 7']);
  },
);

const kindOf = (kind: number, path: string): Buffer =>
  Buffer.concat([word(kind).subarray(0, 2), Buffer.from(path)]);

test.each<[string, MadeFile]>([
  ['bad-archive', { name: 'a', text: 'content', digest: Buffer.alloc(32) }],
  ['bad-archive', { name: 'a', text: 'content', digest: Buffer.alloc(20) }],
  ['bad-path', { name: '../../etc/passwd', text: 'content' }],
  ['link-outside', { name: 'a', target: kindOf(0o120000, '../../../etc') }],
  ['hard-link-outside', { name: 'a', target: kindOf(0o100000, 'etc/shadow') }],
  ['device-node', { name: 'a', target: kindOf(0o060000, '12345678') }],
  ['device-node', { name: 'a', target: kindOf(0o010000, '12345678') }],
])('refuses %s: %#', async (code, file) => {
  const { bytes } = makePackage([], [{ path: 'usr', files: [file] }]);
  await expect(unpack(bytes)).rejects.toMatchObject({ code });
});

test('arrays that hold one another again and again are refused before they are walked', async () => {
  // A value of an array whose slots are all the array itself.
  const slots = 4000;
  const adb = Buffer.concat([Buffer.alloc(4), word(0xe0000008), word(3), word(0), word(0xd0000014)]);
  const list = Buffer.concat([word(slots), ...Array.from({ length: slots - 1 }, () => word(0xd0000014))]);
  const bytes = Buffer.concat([Buffer.from('ADB.pckg'), makeBlock(0, Buffer.concat([adb, list]))]);
  await expect(unpack(bytes)).rejects.toThrow('more often than they can');
});

test('a package that was changed or cut off anywhere gives the same contents or is refused', async () => {
  const store = await openStore();
  const whole = readFileSync(join(vectors, 'libhello-1.2-r3.apk'));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, flip, isCut) => {
        const changed = Buffer.from(isCut ? whole.subarray(0, at) : whole);
        if (!isCut) changed[at] = (changed[at] ?? 0) ^ flip;
        const sealed = await unpack(changed, store).catch((error) => {
          expect(error).toHaveProperty('code');
          expect(error).toHaveProperty('hint');
          return undefined;
        });
        // Names and rights are in the ADB, whose digest the index names; contents are checked here.
        for (const node of sealed?.tree ?? [])
          if (node.type === 'file') expect([0, 4]).toContain(node.sizeBytes);
      },
    ),
    { numRuns: 300 },
  );
});
