/** `nexus keys`: making, rotating and revoking, and what the ledger's records are worth then. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createStatement } from '../../model';
import { openClient } from '../../providers/nexus';
import { openSigningKey } from '../../providers/provchain';
import { Desk } from './_io';
import { image, imageBytes, makeLedger, type Records, recordRelease } from './_ledger';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

const keyFile = (name: string): string => join(desk.stateDir, 'keys', name);
const modeOf = (name: string): number => statSync(keyFile(name)).mode & 0o777;

interface Keys {
  readonly keys: readonly {
    role: string;
    name: string;
    key: string;
    state: string;
    good: boolean;
    kept: string | null;
  }[];
}
const list = () => desk.json<Keys>('keys');
const deployers = async () => (await list()).keys.filter(({ role }) => role === 'deployer');

interface Verified {
  readonly checks: readonly { about: string; name: string; ok: boolean; detail: string }[];
}

const nothingPlaced = { systems: {}, images: { n: { image } }, meshes: {}, placement: {} };
const hex32 = 'ab'.repeat(32);
const artifactOfImage = {
  kind: 'image',
  name: 'n',
  cid: image,
  source: hex32,
  toolchain: 'clang 20',
} as const;

/** The ledger of another process that still has the old key. */
async function signWith(folder: string, name: string): Promise<string> {
  const client = await openClient(desk.stateDir, desk.io().environment);
  const deployer = await openSigningKey({
    folder,
    role: 'deployer',
    random: () => {
      throw new Error('there is a key');
    },
  });
  const statement = createStatement('release', { name, ...nothingPlaced });
  return (await (await client.ledger()).append(statement, deployer)).cid;
}

/** The keys as they are now, to be used after they were replaced. */
function stealKeys(): string {
  const folder = join(desk.folder, 'stolen');
  desk.write({ 'stolen/none': '' });
  chmodSync(folder, 0o700);
  for (const name of ['deployer.key', 'deployer.pub']) copyFileSync(keyFile(name), join(folder, name));
  return folder;
}

describe('with a ledger', () => {
  let records: Records;
  beforeEach(async () => {
    records = await makeLedger(desk);
  });

  test('the keys are listed with whose they are, how they are kept and what they are worth', async () => {
    const { code, out } = await desk.nexus('keys');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^of +public key +kept +state$/);
    expect((await list()).keys).toMatchObject([
      { role: 'log', kept: 'file', good: true },
      { role: 'deployer', kept: 'file', good: true, state: 'counts' },
      { role: 'node', name: 'n-0', key: records.keys['n-0'], kept: null, state: 'counts' },
      { role: 'node', name: 'n-1', key: records.keys['n-1'], kept: null },
    ]);
    for (const name of ['log.key', 'deployer.key']) expect(modeOf(name)).toBe(0o600);
  });

  test('a rotated deployer: old records hold, new ones too, and the old key counts for nothing any more', async () => {
    const stolen = stealKeys();
    const before = (await deployers())[0]?.key;
    const { code, out } = await desk.nexus('keys', 'rotate', 'deployer');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Rotated: the deployer has key [0-9a-f]{64} in place of [0-9a-f]{64}, by record 9\.\n$/,
    );
    expect(await deployers()).toMatchObject([
      { key: before, good: false, state: 'record 9 replaced', kept: null },
      { good: true, kept: 'file' },
    ]);
    expect(modeOf('deployer.key')).toBe(0o600);
    expect(readdirSync(join(desk.stateDir, 'keys')).sort()).toEqual([
      'deployer.key',
      'deployer.pub',
      'log.key',
      'log.pub',
    ]);
    const late = await signWith(stolen, 'by-the-old-key');
    const fresh = await recordRelease(await openClient(desk.stateDir, desk.io().environment), 'fresh', [
      'n-0',
    ]);
    expect(await desk.nexus('verify', records.release)).toMatchObject({
      code: 0,
      out: expect.stringContaining('signed by the deployer, with a key that record 9 replaced'),
    });
    expect((await desk.nexus('verify', fresh)).code).toBe(0);
    const refused = await desk.json<Verified>('verify', late);
    expect(refused.code).toBe(3);
    expect(refused.checks.filter(({ ok }) => !ok)).toMatchObject([
      {
        name: 'signer',
        detail: 'signed by the deployer with a key that record 9 replaced: it counts for nothing',
      },
    ]);
    expect((await desk.nexus('rollback', late)).code).not.toBe(0);
    expect((await desk.nexus('verify', 'ledger')).code).toBe(0);
  });

  test('a key that was stolen is revoked from a record on: what it signed since then counts for nothing', async () => {
    const stolen = stealKeys();
    const late = await signWith(stolen, 'by-the-thief');
    const [own] = await deployers();
    await desk.nexus('keys', 'rotate', 'deployer');
    expect((await desk.nexus('verify', late)).code).toBe(0);
    const { code, out } = await desk.nexus(
      'keys',
      'revoke',
      own?.key ?? '',
      '--from',
      '9',
      '--reason',
      'laptop stolen',
    );
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('of the deployer counts no more from record 9 on.'),
    ]);
    expect(await desk.nexus('verify', late)).toMatchObject({
      code: 3,
      out: expect.stringContaining('revoked ("laptop stolen") from record 9 on: it counts for nothing'),
    });
    expect((await desk.nexus('verify', records.release)).code).toBe(0);
  });

  test('a record that was signed by two keys is proved by the entry that counts', async () => {
    const stolen = stealKeys();
    await desk.nexus('keys', 'rotate', 'deployer');
    const late = await signWith(stolen, 'the-same');
    expect((await desk.nexus('verify', late)).code).toBe(3);
    const client = await openClient(desk.stateDir, desk.io().environment);
    const again = await client.record('release', { name: 'the-same', ...nothingPlaced });
    expect(again).toBe(late);
    expect(await desk.nexus('verify', late)).toMatchObject({
      code: 0,
      out: expect.stringContaining('a release record, signed by the deployer: record 12 of 13, proved'),
    });
    await client.record('artifact', { ...artifactOfImage, sizeBytes: imageBytes.length });
    expect((await desk.nexus('verify', image)).code).toBe(0);
  });

  test('a revoked node is not believed any more, and verify says so', async () => {
    expect((await desk.nexus('keys', 'revoke', 'n-0', '--reason', 'board lost')).code).toBe(0);
    const { checks } = await desk.json<Verified>('verify', 'n-0');
    expect(checks.filter(({ name }) => name === 'key')).toMatchObject([
      { ok: false, detail: 'it has a key that record 9 revoked ("board lost")' },
    ]);
    expect((await list()).keys.find(({ name }) => name === 'n-0')).toMatchObject({ good: false });
    expect((await desk.nexus('keys', 'revoke', 'n-0', '--reason', 'again')).err).toContain(
      'nobody introduced it, or it counts no more',
    );
  });

  test('what cannot be revoked is refused before anything is written', async () => {
    const [own] = await deployers();
    for (const [argv, message] of [
      [[own?.key ?? '', '--reason', 'x'], "Cannot revoke the deployer's own key"],
      [['n-9', '--reason', 'x'], 'nobody introduced it'],
      [['n-0'], 'without a reason'],
      [[], 'no key named'],
    ] as const) {
      const { code, err } = await desk.nexus('keys', 'revoke', ...argv);
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
    expect((await desk.json<{ records: unknown[] }>('log')).records).toHaveLength(9);
  });

  test('a rotated log keeps its name; who has the new key reads all, who has the old one is told', async () => {
    const old = readFileSync(keyFile('log.pub'), 'utf8').trim();
    writeFileSync(join(desk.folder, 'old.pub'), `${old}\n`);
    const { code, out } = await desk.nexus('keys', 'rotate', 'log');
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('Give the new keys/log.pub to those who check this log.'),
    ]);
    const now = readFileSync(keyFile('log.pub'), 'utf8').trim();
    expect(now.split('+')[0]).toBe(old.split('+')[0]);
    expect(now).not.toBe(old);
    expect(await desk.nexus('verify', 'ledger')).toMatchObject({ code: 0 });
    expect((await desk.nexus('verify', records.release)).code).toBe(0);
    const followed = await desk.nexus('verify', join(desk.stateDir, 'ledger'), '--vkey', old);
    expect(followed).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /key +the log's key was replaced by record 9, signed by the key before it; now it is provchain/,
      ),
    });
    await desk.nexus('keys', 'rotate', 'log');
    expect(await desk.nexus('verify', 'ledger', '--vkey', 'old.pub')).toMatchObject({ code: 0 });
    const stranger = (await desk.nexus('verify', 'ledger', '--vkey', keyFile('deployer.pub'))).code;
    expect(stranger).toBe(3);
  });

  test('a rotation that never reached the log is begun anew', async () => {
    const key = readFileSync(keyFile('deployer.key'), 'utf8');
    writeFileSync(keyFile('deployer.key.next'), key, { mode: 0o600 });
    expect((await desk.nexus('keys')).code).toBe(0);
    expect(await desk.json('keys', 'rotate', 'deployer')).toMatchObject({
      code: 0,
      resumed: false,
      index: 9,
    });
    expect(await deployers()).toHaveLength(2);
  });
});

test('a key under a passphrase is made once, signs with it, and is opened by openssl', async () => {
  desk.env = { ...desk.env, WORDS: 'correct horse battery', NEXUS_PASSPHRASE: 'env:WORDS' };
  expect((await desk.nexus('keys', 'make', 'deployer', '--passphrase', 'env:WORDS')).code).toBe(0);
  expect(modeOf('deployer.key')).toBe(0o600);
  const pem = readFileSync(keyFile('deployer.key'), 'utf8');
  expect(pem).toContain('-----BEGIN ENCRYPTED PRIVATE KEY-----');
  expect(
    execFileSync(
      'openssl',
      ['pkey', '-in', keyFile('deployer.key'), '-passin', 'pass:correct horse battery', '-noout', '-text'],
      { encoding: 'utf8' },
    ),
  ).toContain('ED25519 Private-Key');
  expect((await desk.nexus('keys', 'make', 'deployer')).err).toContain('it is there, expected none');
  await makeUnlocked();
  expect(await deployers()).toMatchObject([{ kept: 'file with passphrase', good: true }]);
  desk.env = { ...desk.env, WORDS: 'wrong passphrase' };
  expect(await desk.nexus('keys', 'rotate', 'deployer')).toMatchObject({
    code: 1,
    err: expect.stringContaining('wrong passphrase'),
  });
  desk.env = { PATH: process.env.PATH };
  expect(await desk.nexus('keys', 'rotate', 'deployer')).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no terminal'),
  });
  // Reading asks for nothing.
  expect((await desk.nexus('verify', 'ledger')).code).toBe(0);
});

async function makeUnlocked(): Promise<void> {
  const { env } = desk;
  const passphrase = async () => env.WORDS ?? '';
  const client = await openClient(desk.stateDir, { ...desk.io().environment, unlocking: { passphrase } });
  await recordRelease(client, 'first', ['n-0']);
}

test('a passphrase is never an argument, never short, and the log has none', async () => {
  const refused = await desk.nexus('keys', 'make', 'deployer', '--passphrase', 'correct horse battery');
  expect(refused.code).not.toBe(0);
  expect(refused.err).not.toContain('horse');
  desk.env = { ...desk.env, WORDS: 'short' };
  expect((await desk.nexus('keys', 'make', 'deployer', '--passphrase', 'env:WORDS')).code).toBe(2);
  expect((await desk.nexus('keys', 'make', 'log', '--passphrase', 'env:WORDS')).err).toContain(
    'signs with nobody beside it',
  );
  expect(existsSync(keyFile('deployer.key'))).toBe(false);
});

test('on a terminal the passphrase is asked for twice and not shown', async () => {
  const raw: boolean[] = [];
  Object.assign(desk.input, { isTTY: true, setRawMode: (isRaw: boolean) => raw.push(isRaw) });
  const making = desk.nexus('keys', 'make', 'deployer', '--passphrase', 'ask');
  const type = async (text: string, after: string): Promise<void> => {
    while (!desk.err.endsWith(after)) await new Promise((wake) => setTimeout(wake, 5));
    desk.input.write(text);
  };
  await type('correct horsf\u007fe battery\r', 'New passphrase: ');
  await type('correct horse battery\r', 'Once more: ');
  const { code, out, err } = await making;
  expect([code, raw]).toEqual([0, [true, false, true, false]]);
  expect(out + err).not.toContain('horse');
  expect(readFileSync(keyFile('deployer.key'), 'utf8')).toContain('ENCRYPTED');
});

test('a key file that others can read is refused', async () => {
  await desk.nexus('keys', 'make', 'deployer');
  chmodSync(keyFile('deployer.key'), 0o640);
  expect(await desk.nexus('keys', 'rotate', 'deployer')).toMatchObject({
    code: 1,
    err: expect.stringContaining('its mode is 640, expected 600'),
  });
});
