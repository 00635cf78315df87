/** What makes a write last is an order of system calls: strace shows that it is the one at the head of file.ts. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'durable-e2e-')));
const program = join(folder, 'program.js');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const traced = 'openat,write,fsync,close,rename,renameat,link,linkat,unlink,unlinkat,mkdir,mkdirat';

/** The system calls of a program on files below the folder, in order, shortened. */
function callsOf(statement: string): string[] {
  bundle(statement);
  const log = join(folder, 'calls.txt');
  const options = ['-f', '-y', '-o', log, '-e', `trace=${traced}`, '-e', 'signal=none'];
  const { status } = spawnSync('strace', [...options, process.execPath, program], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  expect(status).toBe(0);
  return readFileSync(log, 'utf8').split('\n').flatMap(shortCall);
}

function bundle(statement: string): void {
  const contents = `import * as durable from './providers/durable'; void (async () => { ${statement} })();`;
  const stdin = { contents, resolveDir: join(__dirname, '../..'), loader: 'ts' } as const;
  buildSync({ stdin, bundle: true, platform: 'node', outfile: program, logLevel: 'error' });
}

/** `7 fsync(3</…/state/.7-0123456789abcdef.tmp>) = 0` is `fsync TEMPORARY`; nothing when it is no file of ours. */
function shortCall(line: string): string[] {
  const [, call = '', rest = ''] =
    /^\d+ +(\w+?)(?:at)?\((.*)(?:\) += .*| <unfinished \.\.\.>)$/.exec(line) ?? [];
  const own = `${folder}/state`;
  const paths = [...rest.matchAll(/[<"](\/[^>"]*)[>"]/g)].flatMap(([, path = '']) =>
    path.startsWith(own) ? path.slice(own.length).replace(/\/\.\d+-\w{16}\.tmp$/, 'TEMPORARY') || '/' : [],
  );
  if (paths.length === 0) return [];
  const flags = /O_[A-Z_|]+(, 0\d+)?/.exec(rest)?.[0].replace('|O_CLOEXEC', '') ?? [];
  return [[call, ...paths, flags].flat().join(' ')];
}

const written = [
  'open TEMPORARY O_WRONLY|O_CREAT|O_EXCL|O_TRUNC, 0600',
  'write TEMPORARY',
  'fsync TEMPORARY',
  'close TEMPORARY',
];
const folderSynced = ['open / O_RDONLY', 'fsync /', 'close /'];
const at = (name: string): string => JSON.stringify(join(folder, 'state', name));

test('folders, a write and a creation make the calls at the head of their files', () => {
  expect(callsOf(`await durable.makeFolder(${at('')})`)).toEqual(['mkdir /']);
  const folders = callsOf(`await durable.makeFolder(${at('a/b')})`);
  // The first attempt finds that the folder above is missing.
  expect(folders.filter((call) => /mkdir|fsync/.test(call))).toEqual([
    'mkdir /a/b',
    'mkdir /a',
    'mkdir /a/b',
    'fsync /a',
    'fsync /',
  ]);
  expect(callsOf(`await durable.writeDurably(${at('file')}, 'text')`)).toEqual([
    ...written,
    'rename TEMPORARY /file',
    ...folderSynced,
  ]);
  const created = [...written, 'link TEMPORARY /new', 'unlink TEMPORARY', ...folderSynced];
  expect(callsOf(`await durable.createDurably(${at('new')}, 'text')`)).toEqual(created);
  expect(callsOf(`await durable.createDurably(${at('new')}, 'text')`)).toEqual(created);
});

test('a write that the disk does not take names its file, and leaves nothing', () => {
  mkdirSync(join(folder, 'state'), { recursive: true });
  bundle(
    `await durable.writeDurably(${at('large')}, 'text').catch((error) => console.log(error.path, error.message))`,
  );
  // Like a full disk: write(2) fails, and says nothing of the file.
  const { stdout } = spawnSync('bash', [
    '-c',
    'trap "" XFSZ; ulimit -f 0; exec "$0" "$1"',
    process.execPath,
    program,
  ]);
  const file = join(folder, 'state/large');
  expect(stdout.toString()).toBe(`${file} EFBIG: file too large, write '${file}'\n`);
  expect(readdirSync(join(folder, 'state')).filter((name) => /large|tmp/.test(name))).toEqual([]);
});
