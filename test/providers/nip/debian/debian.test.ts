/** Debian: a repository made with dpkg-deb and GnuPG, served on the loopback; a mirror that misbehaves. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAdapter, Mirror } from '../../../../providers/nip';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../../factory/_folders';
import { hexOf, listTree } from '../_files';
import { makeSigner } from '../_gpg';
import { type Misbehave, serveFolder } from '../_server';
import { type MadeDeb, type RepositoryOptions, writeDebian } from './_repository';

const signer = makeSigner();
const nowSeconds = Date.UTC(2026, 6, 12) / 1000;
const debs: readonly MadeDeb[] = [
  { name: 'hello', control: 'Depends: libhello (>= 1)', files: { 'usr/bin/hello': '#!/bin/sh\n' } },
  { name: 'libhello', files: { 'lib/x86_64-linux-gnu/libhello.so.1': 'elf' }, compression: 'zstd' },
];

async function setUp(options: RepositoryOptions = {}, misbehave?: Misbehave) {
  const folder = temporaryFolder();
  writeDebian(folder, debs, signer, options);
  const mirror = await serveFolder(folder, misbehave);
  const store = await BlockStore.open(temporaryFolder());
  const adapter = createAdapter('debian', store);
  const keys: readonly string[] = [signer.keyring];
  const repository = {
    adapter: 'debian' as const,
    mirror: mirror.url,
    suite: 'bookworm',
    components: ['main'],
    keys,
  };
  const resolve = (some: object = {}) =>
    adapter.resolve({
      repository: { ...repository, ...some },
      architecture: 'x86_64',
      packages: ['hello'],
      nowSeconds,
    });
  return { folder, mirror, adapter, repository, resolve, store };
}

test('what GnuPG has signed and dpkg-deb has built is resolved, fetched and unpacked', async () => {
  const { adapter, repository, resolve, mirror } = await setUp();
  const closure = await resolve();
  expect(closure.map(({ name }) => name)).toEqual(['hello', 'libhello']);
  const trees = await Promise.all(closure.map((each) => adapter.unpack(each, repository)));
  expect(trees.map(listTree)).toEqual([
    ['usr/', 'usr/bin/', 'usr/bin/hello 644 10'],
    ['usr/', 'usr/lib/', 'usr/lib/x86_64-linux-gnu/', 'usr/lib/x86_64-linux-gnu/libhello.so.1 644 3'],
  ]);
  expect(mirror.asked[1]).toContain('by-hash/SHA256');
});

test('a suite goes by its codename or its name, and by no other', async () => {
  const { resolve } = await setUp({ codename: 'trixie' });
  await expect(resolve()).rejects.toMatchObject({ code: 'wrong-suite' });
});

test('an index that has expired is refused, and one that has not is not', async () => {
  const stale = await setUp({ validUntil: 'Sat, 11 Jul 2026 11:00:00 UTC' });
  await expect(stale.resolve()).rejects.toMatchObject({ code: 'expired-index' });
  const fresh = await setUp({ validUntil: 'Sat, 18 Jul 2026 11:00:00 UTC' });
  expect(await fresh.resolve()).toHaveLength(2);
});

test('a release of another key, changed after it was signed, cut off or not signed at all is refused', async () => {
  const { folder, resolve } = await setUp();
  await expect(resolve({ keys: [makeSigner().keyring] })).rejects.toMatchObject({ code: 'bad-signature' });
  const file = join(folder, 'dists/bookworm/InRelease');
  const signed = readFileSync(file, 'utf8');
  for (const text of [
    signed.replace('Origin: Test', 'Origin: Tess'),
    signed.slice(0, signed.length - 80),
    signed.slice(0, 200),
    'Codename: bookworm\nSHA256:\n',
  ]) {
    writeFileSync(file, text);
    await expect(resolve()).rejects.toMatchObject({ code: 'bad-signature' });
  }
  // What stands before or behind the signed text counts for nothing.
  writeFileSync(file, `Valid-Until: Sat, 11 Jul 2020 11:00:00 UTC\n${signed}Codename: sid\n`);
  const around = await resolve().then(
    (closure) => closure.length,
    (error: { code: string }) => error.code,
  );
  expect([2, 'bad-signature']).toContain(around);
});

test('a release without what it must have, or that lists no index of the component, is refused', async () => {
  for (const change of [
    (text: string) => text.replace('Codename', 'Name'),
    (text: string) => text.replace('Packages.gz', 'Other.gz'),
  ])
    await expect((await setUp({ change })).resolve()).rejects.toMatchObject({ code: 'bad-index' });
});

test('an index that is not there by its digest is had by its name, and only with that digest', async () => {
  const { folder, resolve, mirror } = await setUp();
  rmSync(join(folder, 'dists/bookworm/main/binary-amd64/by-hash'), { recursive: true });
  expect(await resolve()).toHaveLength(2);
  expect(mirror.asked.at(-1)).toBe('dists/bookworm/main/binary-amd64/Packages.gz');
  const other = await setUp({}, (path, response, bytes) => {
    if (path.includes('by-hash')) response.writeHead(404).end();
    else if (path.endsWith('Packages.gz')) response.writeHead(200).end(Buffer.alloc(bytes.length));
    else return false;
    return true;
  });
  await expect(other.resolve()).rejects.toMatchObject({ code: 'wrong-digest' });
});

test('a package with another digest, too short or too long is refused, and nothing of it is kept', async () => {
  const { folder, adapter, repository, resolve, store } = await setUp();
  const [hello] = await resolve();
  if (hello === undefined) throw new Error('no package');
  const before = await store.list();
  const whole = readFileSync(join(folder, hello.path));
  for (const bytes of [Buffer.alloc(whole.length), whole.subarray(0, 100), Buffer.concat([whole, whole])]) {
    writeFileSync(join(folder, hello.path), bytes);
    await expect(adapter.unpack(hello, repository)).rejects.toMatchObject({ code: 'wrong-digest' });
  }
  expect(await store.list()).toEqual(before);
});

const big = Buffer.alloc(300_000, 'some bytes ');
const pinned = { path: 'big', sizeBytes: big.length, sha256: hexOf('sha256', big) };

async function mirrorOf(misbehave: Misbehave) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'big'), big);
  const server = await serveFolder(folder, misbehave);
  const store = await BlockStore.open(temporaryFolder());
  return { server, store, mirror: new Mirror(server.url, store, { pauseMs: 1, silenceMsMax: 300 }) };
}

test('a line that drops is taken up where it broke, also by a mirror that knows no ranges', async () => {
  for (const knowsRanges of [true, false]) {
    let drops = 0;
    const { mirror, store, server } = await mirrorOf((_path, response, bytes) => {
      if (drops++ < 2) {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
        return true;
      }
      if (!knowsRanges) response.writeHead(200).end(bytes);
      return !knowsRanges;
    });
    const cid = await mirror.fetch(pinned);
    expect(Buffer.from(await store.get(cid)).equals(big)).toBe(true);
    expect(server.asked.length).toBe(3);
    expect(server.asked[2]).toBe('big from 100000');
  }
});

test('a silent mirror is given up after the time that is set, an ill one after four tries', async () => {
  const silent = await mirrorOf(() => true);
  await expect(silent.mirror.fetch(pinned)).rejects.toThrow('the mirror is silent');
  const ill = await mirrorOf((_path, response) => {
    response.writeHead(503).end();
    return true;
  });
  await expect(ill.mirror.fetch(pinned)).rejects.toMatchObject({ code: 'mirror-failed' });
  expect(ill.server.asked).toHaveLength(4);
});

test('a fetch that is told to stop stops, while it waits too', async () => {
  const { mirror, store } = await mirrorOf(() => true);
  const signal = AbortSignal.timeout(50);
  await expect(mirror.fetch(pinned, { signal })).rejects.toMatchObject({ code: 'aborted' });
  expect(await store.list()).toEqual([]);
});
