/** Images of a real registry, Debian's docker-registry, pushed by a client of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createAdapter } from '../../providers/nip';
import { BlockStore } from '../../providers/store';
import { listTree, tarOf } from '../providers/nip/_files';
import { type Blob, digestOf, layerType, makeImage, makeIndex } from '../providers/nip/oci/_image';

const folder = mkdtempSync(join(tmpdir(), 'nexus-registry-'));
let registry: ChildProcess | undefined;
let url = '';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

beforeAll(async () => {
  const address = `127.0.0.1:${await freePort()}`;
  url = `http://${address}`;
  writeFileSync(
    join(folder, 'config.yml'),
    `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${folder}/data\nhttp:\n  addr: ${address}\n`,
  );
  registry = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const endMs = Date.now() + 20_000;
  while (!(await fetch(`${url}/v2/`).catch(() => undefined))?.ok) {
    if (Date.now() > endMs) throw new Error('docker-registry does not answer');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

afterAll(async () => {
  const ended = new Promise((resolve) => registry?.once('exit', resolve));
  registry?.kill();
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

async function pushBlob(name: string, blob: Blob): Promise<void> {
  const started = await fetch(`${url}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const to = new URL(started.headers.get('location') ?? '', url);
  to.searchParams.set('digest', digestOf(blob));
  const { status } = await fetch(to, { method: 'PUT', body: new Uint8Array(blob.bytes) });
  expect(status).toBe(201);
}

async function pushManifest(name: string, reference: string, { bytes, mediaType }: Blob): Promise<void> {
  const headers = { 'content-type': mediaType };
  const answer = await fetch(`${url}/v2/${name}/manifests/${reference}`, {
    method: 'PUT',
    headers,
    body: new Uint8Array(bytes),
  });
  expect(answer.status).toBe(201);
}

test('an image for the right processor is found by its tag, pinned by its digest, and still had by it', async () => {
  const name = 'library/app';
  const layer = {
    mediaType: `${layerType}+gzip`,
    bytes: gzipSync(await tarOf([{ name: 'bin/app', mode: 0o755, text: 'app' }])),
  };
  const [amd64, riscv64] = [makeImage('amd64', [layer]), makeImage('riscv64', [])];
  for (const { manifest, blobs } of [amd64, riscv64]) {
    for (const blob of blobs) await pushBlob(name, blob);
    await pushManifest(name, digestOf(manifest), manifest);
  }
  await pushManifest(name, 'v1', makeIndex({ riscv64, amd64 }));

  const store = await BlockStore.open(join(folder, 'store'));
  const adapter = createAdapter('oci', store);
  const repository = { adapter: 'oci' as const, mirror: url, suite: 'v1', components: [], keys: [] };
  const request = { repository, architecture: 'x86_64' as const, packages: [name], nowSeconds: 0 };
  const [found] = await adapter.resolve(request);
  if (found === undefined) throw new Error('no image');
  expect(`sha256:${found.sha256}`).toBe(digestOf(amd64.manifest));

  await pushManifest(name, 'v1', riscv64.manifest);
  const fresh = createAdapter('oci', await BlockStore.open(join(folder, 'fresh')));
  expect(listTree(await fresh.unpack(found, repository))).toEqual(['bin/', 'bin/app 755 3']);
  const missing = { ...request, packages: ['library/none'] };
  await expect(adapter.resolve(missing)).rejects.toMatchObject({ code: 'mirror-failed' });
});
