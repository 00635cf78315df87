/** Debian as it is, from the mirror that this machine's apt is set up with. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Architecture, NexusError } from '../../model';
import { createAdapter, debianMirror, type FileTree, type PackageRecord } from '../../providers/nip';
import { BlockStore } from '../../providers/store';

const folder = mkdtempSync(join(tmpdir(), 'nexus-debian-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function setUp(suite: string) {
  const store = await BlockStore.open(join(folder, 'store'));
  const adapter = createAdapter('debian', store);
  const repository = {
    adapter: 'debian' as const,
    mirror: await debianMirror(),
    suite,
    components: [],
    keys: [],
  };
  const resolve = (architecture: Architecture, ...packages: string[]): Promise<readonly PackageRecord[]> =>
    adapter.resolve({ repository, architecture, packages, nowSeconds: Date.now() / 1000 });
  return { store, adapter, repository, resolve };
}

test('a closure of bookworm is that of apt, and each of its packages the tree that dpkg-deb lists', async () => {
  const { store, adapter, repository, resolve } = await setUp('bookworm');
  const closure = await resolve('x86_64', 'runc', 'zlib1g');
  expect(closure.map(({ name }) => name)).toEqual([
    'gcc-12-base',
    'libc6',
    'libgcc-s1',
    'libseccomp2',
    'runc',
    'zlib1g',
  ]);
  for (const each of closure) {
    const tree = await adapter.unpack(each, repository);
    expect(filesOf(tree)).toEqual(await listedByDpkg(each, store));
  }
});

/** Files and links with /usr merged, as dpkg-deb knows them. */
async function listedByDpkg({ sha256 }: PackageRecord, store: BlockStore): Promise<string[]> {
  const { cidOfSha256 } = await import('../../providers/nip');
  const command = 'dpkg-deb --fsys-tarfile "$0" | tar t';
  const { stdout } = spawnSync('sh', ['-c', command, store.pathOf(cidOfSha256(sha256))], {
    encoding: 'utf8',
  });
  const paths = stdout.split('\n').filter((path) => path !== '' && !path.endsWith('/'));
  return paths.map((path) => path.slice(2).replace(/^(bin|sbin|lib|lib64)\//, 'usr/$1/')).sort();
}

function filesOf(tree: FileTree): string[] {
  return tree.flatMap(({ type, path }) => (type === 'folder' ? [] : [path]));
}

test('trixie for riscv64 is resolved, or its mirror refused by name when it is changing just now', async () => {
  const { resolve } = await setUp('trixie');
  const outcome = await resolve('riscv64', 'zlib1g').then(
    (closure) => closure.map(({ name }) => name).join(' '),
    (error: unknown) => (error instanceof NexusError ? error.code : String(error)),
  );
  process.stdout.write(`trixie riscv64: ${outcome}\n`);
  expect(['wrong-digest', 'mirror-failed', 'gcc-14-base libc6 libgcc-s1 zlib1g']).toContain(outcome);
});

test('unpacking runs no program and opens no file for writing but in the store', async () => {
  const { store, repository, resolve } = await setUp('bookworm');
  const [zlib] = await resolve('x86_64', 'zlib1g').then((closure) =>
    closure.filter(({ name }) => name === 'zlib1g'),
  );
  if (zlib === undefined) throw new Error('no package');
  const home = join(folder, 'watched');
  const program = `
    const { createAdapter } = require(${JSON.stringify(join(__dirname, '../../providers/nip'))});
    const { BlockStore } = require(${JSON.stringify(join(__dirname, '../../providers/store'))});
    const [pinned, repository] = ${JSON.stringify([zlib, repository])};
    BlockStore.open(${JSON.stringify(home)}).then((store) => createAdapter('debian', store).unpack(pinned, repository))
      .then((tree) => console.log('UNPACKED', tree.length));`;
  const args = [
    '-f',
    '-qq',
    '-e',
    'trace=execve,openat,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,mkdirat,unlink,unlinkat,chmod,fchmodat,mknod,mknodat',
  ];
  const node = [process.execPath, '--conditions=import', '-r', 'tsx/cjs', '-e', program];
  const env = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, TSX_DISABLE_CACHE: '1' };
  const { stdout, stderr } = spawnSync('strace', [...args, ...node], {
    encoding: 'utf8',
    env,
    cwd: join(__dirname, '../..'),
    maxBuffer: 1e9,
  });
  expect(stdout).toContain('UNPACKED');
  const calls = stderr.split('\n').filter((line) => !line.includes(' = -1 '));
  const executed = calls.filter((line) => line.includes('execve('));
  // node itself, and esbuild, which loads our sources.
  expect(executed.filter((line) => !line.includes(process.execPath) && !line.includes('esbuild'))).toEqual(
    [],
  );
  const isWrite = (line: string): boolean =>
    /O_WRONLY|O_RDWR|O_CREAT/.test(line) || !/(?:openat|execve)(?:\(| resumed)/.test(line);
  const named = calls.filter((line) => line.includes('"') && isWrite(line));
  // The terminal, and the socket of esbuild that loads our sources.
  expect(
    named.filter((line) => !line.includes(`"${home}`) && !/"\/dev\/(null|tty)|"\/proc\//.test(line)),
  ).toEqual([]);
  expect(named.filter((line) => line.includes('rename')).length).toBeGreaterThan(3);
  expect(await store.list()).not.toEqual([]);
});
