/** `nexus prove`, and `nexus verify` of what it wrote, where nothing else is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openClient } from '../../providers/nexus';
import { formatVerifierKey, parseOfflineProof, signingKeyFromSeed } from '../../providers/provchain';
import { Desk } from './_io';
import { image, makeLedger, type Records } from './_ledger';

let desk: Desk;
let elsewhere: Desk;
let records: Records;
let boot: string;
beforeAll(async () => {
  desk = new Desk();
  records = await makeLedger(desk);
  boot = records.boots['n-0'] ?? '';
});
beforeEach(() => {
  elsewhere = new Desk();
  writeFileSync(join(elsewhere.folder, 'log.pub'), readFileSync(join(desk.stateDir, 'keys/log.pub')));
});
afterEach(() => elsewhere.remove());
afterAll(() => desk.remove());

const proofOf = async (cid: string): Promise<string> => (await desk.nexus('prove', cid)).out;

test('what it writes is checked without the ledger, in words', async () => {
  const file = join(elsewhere.folder, 'boot.proof');
  const { code, out, err } = await desk.nexus('prove', boot, '-o', file);
  expect([code, out]).toEqual([0, '']);
  expect(err).toMatch(/^Wrote ".*boot\.proof": the boot record "n-0 runs release .*" is entry 4 of 9\.\n$/);
  const checked = await elsewhere.nexus('verify', 'boot.proof', '--vkey', 'log.pub');
  expect(checked.out).toMatch(/^ok {2}boot\.proof {2}record {5}boot bafkrei…\w{6}: n-0 runs release /);
  expect(checked.out).toMatch(/ signature {2}of key [0-9a-f]{64}, over the record\n/);
  expect(checked.out).toMatch(
    / log {8}entry 4 of 9 records, by the checkpoint that provchain\.localhost\/\w{8} signed\n/,
  );
  expect(checked.out).toMatch(
    /\n- {3}boot\.proof {2}signer {5}not checked whether the key was replaced or revoked before: .*there is none\n/,
  );
  expect(checked.out).toMatch(/\n\nAll 3 checks hold\.\n$/);
  expect([checked.code, checked.err]).toEqual([0, '']);
});

test("where the state folder is, its keys are known: the log's, and the deployer's", async () => {
  writeFileSync(join(desk.folder, 'release.proof'), await proofOf(records.release));
  const { code, out } = await desk.nexus('verify', 'release.proof');
  expect([code, out]).toEqual([0, expect.stringContaining('of the deployer, over the record')]);
  expect(out).toMatch(/signer {5}the deployer: it counts\n\nAll 4 checks hold\./);
});

test('a ledger at hand says that the key was revoked before it signed; of two entries the one that counts is proved', async () => {
  const own = new Desk();
  try {
    const { release } = await makeLedger(own, ['n-0']);
    const key = () => readFileSync(join(own.stateDir, 'keys/deployer.key'));
    const old = key();
    const client = await openClient(own.stateDir, own.io().environment);
    await client.ledger();
    expect(await own.nexus('keys', 'rotate', 'deployer')).toMatchObject({ code: 0 });
    // The process that still has the old key says something new after the rotation; then the new one says the same.
    const at = '2026-01-31T12:00:00.000Z';
    const floor = await client.record('floor', { release, at });
    const first = await own.json<{ index: number }>('prove', floor);
    expect((await own.nexus('prove', floor, '-o', 'void.proof')).code).toBe(0);
    const checked = await own.nexus('verify', 'void.proof');
    expect(checked).toMatchObject({
      code: 3,
      out: expect.stringMatching(/FAILS .* signer .*it counts for nothing/),
    });
    expect(old.equals(key())).toBe(false);
    const fresh = await openClient(own.stateDir, own.io().environment);
    expect(await fresh.record('floor', { release, at })).toBe(floor);
    const second = await own.json<{ index: number }>('prove', floor);
    expect(second.index).toBeGreaterThan(first.index);
    expect((await own.nexus('prove', floor, '-o', 'good.proof')).code).toBe(0);
    expect(await own.nexus('verify', 'good.proof')).toMatchObject({ code: 0 });
  } finally {
    own.remove();
  }
});

test('one flipped bit anywhere in the file is found', async () => {
  const sound = Buffer.from(await proofOf(records.release));
  for (let at = 0; at < sound.length; at += 7) {
    const damaged = Buffer.from(sound);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x01, at);
    writeFileSync(join(elsewhere.folder, 'a.proof'), damaged);
    const { code } = await elsewhere.nexus('verify', 'a.proof', '--vkey', 'log.pub');
    expect([at, code]).not.toEqual([at, 0]);
  }
});

test('a proof of one record does not hold for another, nor by another log', async () => {
  const [own, other] = [await proofOf(boot), await proofOf(records.release)];
  const mixed = [...own.split('\n').slice(0, 2), ...other.split('\n').slice(2)].join('\n');
  elsewhere.write({ 'mixed.proof': mixed, 'own.proof': own });
  const { code, out } = await elsewhere.nexus('verify', 'mixed.proof', '--vkey', 'log.pub');
  expect([code, out]).toEqual([
    3,
    expect.stringContaining('the proof does not lead from entry 2 to the root'),
  ]);
  const stranger = formatVerifierKey(signingKeyFromSeed(new Uint8Array(32).fill(1), 'log'));
  expect(await elsewhere.nexus('verify', 'own.proof', '--vkey', stranger)).toMatchObject({
    code: 3,
    out: expect.stringContaining('Cannot open a signed note'),
  });
  const several = ['--vkey', stranger, '--vkey', 'log.pub'];
  expect(await elsewhere.nexus('verify', 'own.proof', ...several)).toMatchObject({ code: 0 });
});

test('a file that only begins like a proof, and a proof without a key, are wrong command lines', async () => {
  elsewhere.write({ 'a.proof': 'c2sp.org/tlog-proof@v1\nindex 0\n', 'b.proof': await proofOf(boot) });
  expect(await elsewhere.nexus('verify', 'a.proof', '--vkey', 'log.pub')).toMatchObject({ code: 2 });
  const bare = (await proofOf(boot)).split('\n').filter((line) => !line.startsWith('extra '));
  elsewhere.write({ 'c.proof': bare.join('\n') });
  expect(await elsewhere.nexus('verify', 'c.proof', '--vkey', 'log.pub')).toMatchObject({
    code: 2,
    err: expect.stringContaining('no "extra" line'),
  });
});

test('the output is the proof itself, and as JSON the same with what it is of', async () => {
  const text = await proofOf(boot);
  expect(text).toMatch(/^c2sp\.org\/tlog-proof@v1\nextra [A-Za-z0-9+/=]+\nindex 4\n/);
  expect(parseOfflineProof(text).proof.index).toBe(4);
  const result = await desk.json<object>('prove', boot);
  expect(result).toMatchObject({ cid: boot, index: 4, size: 9, kind: 'boot', output: null, proof: text });
});

test("a bundle and a trusted root for Sigstore's tools", async () => {
  const files = ['--format', 'sigstore', '-o', 'bundle.json', '--trusted-root', 'root.json'];
  expect(await desk.nexus('prove', records.release, ...files)).toMatchObject({ code: 0 });
  const read = (file: string): unknown => JSON.parse(readFileSync(join(desk.folder, file), 'utf8'));
  expect(read('bundle.json')).toMatchObject({ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' });
  expect(read('root.json')).toMatchObject({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  });
});

test('a CID that is no record, and one that is none', async () => {
  expect(await desk.nexus('prove', image)).toMatchObject({
    code: 1,
    err: expect.stringContaining(`nexus log --cid ${image}`),
  });
  expect(await desk.nexus('prove', 'bafk')).toMatchObject({ code: 2 });
});
