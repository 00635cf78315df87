/** NetBSD: sets whose list of hashes GnuPG has signed, served on the loopback. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAdapter } from '../../../../providers/nip';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../../factory/_folders';
import { hexOf, listTree, tarOf } from '../_files';
import { makeSigner } from '../_gpg';
import { serveFolder } from '../_server';

const setPath = 'NetBSD-10.1/amd64/binary/sets/base.tar.xz';
const listPath = 'security/hashes/NetBSD-10.1_hashes.asc';

async function setUp() {
  const folder = temporaryFolder();
  for (const path of [setPath, listPath]) mkdirSync(join(folder, path, '..'), { recursive: true });
  const tar = await tarOf([{ name: './bin/sh', mode: 0o555, text: 'sh' }]);
  const bytes = execFileSync('xz', ['-c'], { input: tar });
  writeFileSync(join(folder, setPath), bytes);
  const signer = makeSigner();
  const list = `SHA1 (${setPath}) = ${hexOf('sha1', bytes)}\nSHA512 (${setPath}) = ${hexOf('sha512', bytes)}\n`;
  writeFileSync(join(folder, listPath), signer.clearSign(list));
  const { url } = await serveFolder(folder);
  const adapter = createAdapter('netbsd', await BlockStore.open(temporaryFolder()));
  const repository = {
    adapter: 'netbsd' as const,
    mirror: url,
    suite: '10.1',
    components: [],
    keys: [signer.keyring],
  };
  const resolve = (name: string, keys = [signer.keyring]) =>
    adapter.resolve({
      repository: { ...repository, keys },
      architecture: 'x86_64',
      packages: [name],
      nowSeconds: 0,
    });
  return { folder, adapter, repository, resolve };
}

test('a set is found by its signed SHA-512, pinned by its SHA-256 and unpacked', async () => {
  const { adapter, repository, resolve, folder } = await setUp();
  const [base] = await resolve('base');
  if (base === undefined) throw new Error('no set');
  expect(base.sha256).toBe(hexOf('sha256', readFileSync(join(folder, setPath))));
  expect(listTree(await adapter.unpack(base, repository))).toEqual(['bin/', 'bin/sh 755 2']);
});

test('another key, a changed list, a changed set: each is refused by its name', async () => {
  const { folder, resolve } = await setUp();
  await expect(resolve('base', [makeSigner().keyring])).rejects.toMatchObject({ code: 'bad-signature' });
  await expect(resolve('base', [])).rejects.toMatchObject({ code: 'missing-key' });
  await expect(resolve('bas')).rejects.toMatchObject({ code: 'unknown-package' });
  const list = readFileSync(join(folder, listPath), 'utf8');
  writeFileSync(join(folder, setPath), 'something else');
  await expect(resolve('base')).rejects.toMatchObject({ code: 'wrong-digest' });
  writeFileSync(join(folder, listPath), list.replace(/= [0-9a-f]{40}\n/, `= ${'0'.repeat(40)}\n`));
  await expect(resolve('base')).rejects.toMatchObject({ code: 'bad-signature' });
});
