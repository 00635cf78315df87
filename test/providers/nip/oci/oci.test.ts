/** OCI images of a layout on disk: platforms, layers in each compression, what a layer takes away, what is refused. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createAdapter } from '../../../../providers/nip';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../../factory/_folders';
import { listTree, type TarEntry, tarOf } from '../_files';
import { type Blob, layerType, makeImage, makeIndex, writeLayout } from './_image';

const layer = async (...entries: TarEntry[]): Promise<Blob> => ({
  mediaType: layerType,
  bytes: await tarOf(entries),
});

async function setUp(layers: readonly Blob[]) {
  const folder = temporaryFolder();
  const [image, other] = [makeImage('amd64', layers), makeImage('riscv64', [])];
  writeLayout(folder, 'app:1', makeIndex({ riscv64: other, amd64: image }), [image, other]);
  const adapter = createAdapter('oci', await BlockStore.open(temporaryFolder()));
  const repository = { adapter: 'oci' as const, mirror: folder, suite: '1', components: [], keys: [] };
  const request = { repository, nowSeconds: 0, packages: ['app'] };
  const tree = async (architecture: 'x86_64' | 'riscv64' = 'x86_64') => {
    const [found] = await adapter.resolve({ ...request, architecture });
    if (found === undefined) throw new Error('no image');
    return listTree(await adapter.unpack(found, repository));
  };
  return { folder, adapter, request, tree, image };
}

test('layers in every compression become one tree for the processor that is asked for', async () => {
  const plain = await layer({ name: 'bin/sh', mode: 0o755, text: 'sh' });
  const [second, third] = [
    await layer({ name: 'bin/ls', text: 'ls' }),
    await layer({ name: 'bin/sh', text: 'new' }),
  ];
  const zstd = execFileSync('zstd', ['-c'], { input: third.bytes });
  const { tree } = await setUp([
    plain,
    { mediaType: `${layerType}+gzip`, bytes: gzipSync(second.bytes) },
    { mediaType: `${layerType}+zstd`, bytes: zstd },
  ]);
  expect(await tree()).toEqual(['bin/', 'bin/ls 644 2', 'bin/sh 644 3']);
  expect(await tree('riscv64')).toEqual([]);
});

test('a layer takes away files, folders, and all that lower layers have in a folder', async () => {
  const { tree } = await setUp([
    await layer(
      { name: 'a/one', text: '1' },
      { name: 'a/two', text: '2' },
      { name: 'b/deep/file', text: '3' },
      { name: 'c/old', text: '4' },
      { name: 'd/kept', text: '5' },
    ),
    await layer(
      { name: 'a/.wh.one' },
      { name: '.wh.b' },
      { name: 'c/new', text: '6' },
      { name: 'c/.wh..wh..opq' },
      { name: 'd', type: 'symlink', linkname: 'a' },
    ),
  ]);
  expect(await tree()).toEqual(['a/', 'a/two 644 1', 'c/', 'c/new 644 1', 'd -> a']);
});

test.each<[string, TarEntry]>([
  ['bad-path', { name: '../escape', text: 'x' }],
  ['bad-path', { name: '../.wh.escape', text: '' }],
  ['link-outside', { name: 'a', type: 'symlink', linkname: '../../etc' }],
  ['hard-link-outside', { name: 'a', type: 'link', linkname: 'bin/sh' }],
  ['device-node', { name: 'dev/null', type: 'character-device' }],
])('a layer is refused with %s: %#', async (code, entry) => {
  const { tree } = await setUp([await layer({ name: 'bin/sh', text: 'sh' }), await layer(entry)]);
  await expect(tree()).rejects.toMatchObject({ code });
});

test('two layers that make a circle of links together are refused', async () => {
  const { tree } = await setUp([
    await layer({ name: 'a', type: 'symlink', linkname: 'b' }),
    await layer({ name: 'b', type: 'symlink', linkname: 'a' }),
  ]);
  await expect(tree()).rejects.toMatchObject({ code: 'link-loop' });
});

test('what is not there, not for this processor, not an image or not its digest is refused', async () => {
  const { folder, adapter, request, tree, image } = await setUp([await layer({ name: 'a', text: 'a' })]);
  const resolve = (some: object) => adapter.resolve({ ...request, architecture: 'x86_64', ...some });
  await expect(resolve({ packages: ['other'] })).rejects.toMatchObject({ code: 'unknown-package' });
  await expect(resolve({ packages: ['../x'] })).rejects.toMatchObject({ code: 'unknown-package' });
  await expect(resolve({ architecture: 'aarch64' })).rejects.toThrow(
    'it is there for linux/riscv64, linux/amd64',
  );
  await expect(resolve({ repository: { ...request.repository, keys: ['k'] } })).rejects.toMatchObject({
    code: 'bad-repository',
  });
  const [, data] = image.blobs;
  if (data === undefined) throw new Error('no layer');
  const { digestOf } = await import('./_image');
  const path = join(folder, 'blobs', digestOf(data).replace(':', '/'));
  writeFileSync(path, readFileSync(path).fill(1, 0, 1));
  await expect(tree()).rejects.toMatchObject({ code: 'wrong-digest' });
  for (const text of ['no json', '[]', '{"manifests":[{"digest":"md5:1"}]}', '{}']) {
    writeFileSync(join(folder, 'index.json'), text);
    await expect(resolve({})).rejects.toMatchObject({ code: 'bad-index' });
  }
});
