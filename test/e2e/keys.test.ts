/** `nexus keys` and `nexus floor` as built, with a real ssh-agent and OpenSSL. Run after `npm run build`. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const program = join(root, 'dist/nexus.js');
let folder: string;
let agent: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-keys-'));
  execFileSync('cp', ['-r', join(root, 'examples/tinybox-swarm/cells'), folder]);
  writeFileSync(
    join(folder, 'system.kdl'),
    'system "n" version=1 {\n    profile "tinybox"\n    cell "hello" { source "cells/hello"; pledge "stdio" "clock" "mesh" }\n}\n',
  );
});
afterEach(() => {
  agent?.kill();
  agent = undefined;
  rmSync(folder, { recursive: true, force: true });
});

type Environment = Readonly<Record<string, string>>;

function nexus(args: readonly string[], environment: Environment = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...environment },
    // No terminal and nothing to read: whoever asks for a passphrase must fail, not hang.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, out: stdout, err: stderr };
}

function json<T>(args: readonly string[], environment?: Environment): T {
  const { out, err } = nexus([...args, '--json'], environment);
  if (out === '') throw new Error(err);
  return JSON.parse(out) as T;
}

const build = (environment?: Environment): string => json<{ record: string }>(['build'], environment).record;
const keyFile = (name: string): string => join(folder, '.nexus/keys', name);

async function startAgent(comment: string): Promise<Environment> {
  const socket = join(folder, 'agent.sock');
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  while (!existsSync(socket)) await new Promise((wake) => setTimeout(wake, 10));
  const environment = { SSH_AUTH_SOCK: socket };
  const file = join(folder, 'id');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
  execFileSync('ssh-add', ['-q', file], { env: { ...process.env, ...environment }, stdio: 'ignore' });
  rmSync(file);
  return environment;
}

test('the deployer signs with a key that only the ssh-agent has', async () => {
  build();
  const environment = await startAgent('me@desk');
  const rotated = nexus(['keys', 'rotate', 'deployer', '--agent', 'me@desk'], environment);
  expect([rotated.code, rotated.err]).toEqual([0, '']);
  expect(readFileSync(keyFile('deployer.key'), 'utf8')).not.toContain('PRIVATE');
  const { keys } = json<{ keys: { role: string; key: string; kept: string | null; good: boolean }[] }>([
    'keys',
  ]);
  expect(keys.filter(({ role }) => role === 'deployer')).toMatchObject([
    { good: false, kept: null },
    { good: true, kept: 'ssh-agent' },
  ]);
  const record = build(environment);
  expect(nexus(['verify', record])).toMatchObject({ code: 0 });
  const signers = json<{ records: { signer: string }[] }>(['log']).records.map(({ signer }) => signer);
  expect(signers[0]).toBe(keys.find(({ kept }) => kept === 'ssh-agent')?.key);
  expect(nexus(['verify', 'ledger'])).toMatchObject({ code: 0 });
  expect(nexus(['keys', 'rotate', 'deployer'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('SSH_AUTH_SOCK is not set'),
  });
  execFileSync('ssh-add', ['-q', '-D'], { env: { ...process.env, ...environment }, stdio: 'ignore' });
  expect(nexus(['keys', 'rotate', 'deployer'], environment)).toMatchObject({
    code: 1,
    err: expect.stringContaining('it refused'),
  });
  expect(nexus(['keys', 'rotate', 'deployer', '--agent', 'nobody'], environment)).toMatchObject({
    code: 2,
    err: expect.stringContaining('the ssh-agent has none of that name'),
  });
});

test('a passphrase from a file, an environment variable and a descriptor; the old key counts for nothing any more', () => {
  const first = build();
  copyFileSync(keyFile('deployer.key'), join(folder, 'stolen.key'));
  writeFileSync(join(folder, 'words'), 'correct horse battery\n');
  const made = nexus(['keys', 'rotate', 'deployer', '--passphrase', 'file:words']);
  expect([made.code, made.err]).toEqual([0, '']);
  // The same image again is the same record, of another signer.
  for (const environment of [
    { NEXUS_PASSPHRASE: `file:${join(folder, 'words')}` },
    { NEXUS_PASSPHRASE: 'env:WORDS', WORDS: 'correct horse battery' },
  ])
    expect(nexus(['build'], environment)).toMatchObject({ code: 0 });
  const withDescriptor = spawnSync(
    'sh',
    ['-c', `NEXUS_PASSPHRASE=fd:9 "${process.execPath}" "${program}" build 9<words`],
    { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } },
  );
  expect([withDescriptor.status, withDescriptor.stderr]).toEqual([0, '']);
  expect(nexus(['build'])).toMatchObject({ code: 1, err: expect.stringContaining('there is no terminal') });
  expect(nexus(['verify', first]).code).toBe(0);
});

test('a rotated log is verified with its new key, and with the old one by way of the rotation', () => {
  const record = build();
  copyFileSync(keyFile('log.pub'), join(folder, 'old.pub'));
  expect(nexus(['keys', 'rotate', 'log'])).toMatchObject({ code: 0, err: '' });
  for (const words of [['verify', 'ledger'], ['audit'], ['verify', record]])
    expect([words, nexus(words).code]).toEqual([words, 0]);
  const { code, out } = nexus(['verify', 'ledger', '--vkey', 'old.pub']);
  const now = readFileSync(keyFile('log.pub'), 'utf8').trim();
  expect(code).toBe(0);
  expect(out).toContain(`signed by the key before it; now it is ${now}\n`);
  expect(build()).toBe(record);
});
