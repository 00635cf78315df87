/** Packages in threads: the same trees, the same errors, a stop that arrives. */
import { join } from 'node:path';
import { createAdapter, formatTree, type PackageRecord, UnpackPool } from '../../../providers/nip';
import { BlockStore } from '../../../providers/store';
import { temporaryFolder } from '../factory/_folders';
import { makeSigner } from './_gpg';
import { serveFolder } from './_server';
import { writeDebian } from './debian/_repository';

async function setUp() {
  const folder = temporaryFolder();
  const names = ['aa', 'bb', 'cc', 'dd', 'ee'];
  const signer = makeSigner();
  writeDebian(
    folder,
    names.map((name) => ({ name, files: { [`usr/share/${name}`]: name } })),
    signer,
  );
  const { url } = await serveFolder(folder);
  const store = await BlockStore.open(join(temporaryFolder(), 'store'));
  const repository = {
    adapter: 'debian' as const,
    mirror: url,
    suite: 'bookworm',
    components: [],
    keys: [signer.keyring],
  };
  const adapter = createAdapter('debian', store);
  const closure = await adapter.resolve({
    repository,
    architecture: 'x86_64',
    packages: names,
    nowSeconds: 0,
  });
  return { store, repository, adapter, closure };
}

test('threads give the trees that one thread gives, several packages at once', async () => {
  const { store, repository, adapter, closure } = await setUp();
  const pool = new UnpackPool(store, { threadCount: 2 });
  const phases: string[] = [];
  const options = { onProgress: ({ phase }: { phase: string }) => phases.push(phase) };
  const trees = await Promise.all(closure.map((each) => pool.unpack(each, repository, options)));
  const alone = await Promise.all(closure.map((each) => adapter.unpack(each, repository)));
  expect(trees.map((tree) => formatTree(tree).cid)).toEqual(alone.map((tree) => formatTree(tree).cid));
  expect(phases).toContain('fetch');
  await pool.close();
});

test('an error of a thread is the adapter’s own, and the next package is unpacked nevertheless', async () => {
  const { store, repository, closure } = await setUp();
  const pool = new UnpackPool(store, { threadCount: 1 });
  const [good] = closure;
  if (good === undefined) throw new Error('no package');
  const bad: PackageRecord = { ...good, sha256: '0'.repeat(64) };
  const both = await Promise.allSettled([pool.unpack(bad, repository), pool.unpack(good, repository)]);
  expect(both).toMatchObject([
    { reason: { code: 'wrong-digest', hint: expect.any(String) } },
    { status: 'fulfilled' },
  ]);
  await pool.close();
});

test('a stop reaches the thread, and closing the pool ends what is under way', async () => {
  const { store, repository, closure } = await setUp();
  const [first] = closure;
  if (first === undefined) throw new Error('no package');
  const silent = await serveFolder(temporaryFolder(), () => true);
  const pool = new UnpackPool(store, { threadCount: 1 });
  const at = { ...repository, mirror: silent.url };
  await expect(pool.unpack(first, at, { signal: AbortSignal.timeout(1500) })).rejects.toMatchObject({
    code: 'aborted',
  });
  const under = pool.unpack(first, at);
  const closed = expect(under).rejects.toMatchObject({ code: 'thread-failed' });
  await pool.close();
  await closed;
});

test('without threads it is done here', async () => {
  const { store, repository, closure } = await setUp();
  const pool = new UnpackPool(store, { threadCount: 0 });
  const trees = await Promise.all(closure.map((each) => pool.unpack(each, repository)));
  expect(trees).toHaveLength(5);
  await pool.close();
});
