/** `nexus verify` of ledgers, images and records. nodes.test.ts verifies nodes. */
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStatement } from '../../model';
import { openSigningKey } from '../../providers/provchain';
import { Desk } from './_io';
import { image, imageBytes, ledgerFolder, makeLedger, type Records } from './_ledger';

let desk: Desk;
let records: Records;
beforeEach(async () => {
  desk = new Desk();
  records = await makeLedger(desk);
});
afterEach(() => desk.remove());

interface Verified {
  readonly checks: readonly { about: string; name: string; ok: boolean; detail: string }[];
  readonly holds: boolean;
}
const verify = (...argv: string[]) => desk.json<Verified>('verify', ...argv);
const failed = ({ checks }: Verified) => checks.filter(({ ok }) => !ok);

test('a sound ledger holds, in words', async () => {
  const { code, out } = await desk.nexus('verify', 'ledger');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^ok {2}ledger {2}checkpoint {2}signed by provchain\.localhost\/[0-9a-f]{8}, over 9 records\n/,
  );
  expect(out).toMatch(/\n\nAll 3 checks hold\.\n$/);
});

test('one flipped bit in any file of the ledger is found, and the file is named', async () => {
  const folder = ledgerFolder(desk);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => statSync(join(folder, path)).isFile() && statSync(join(folder, path)).size > 0,
  );
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const sound = readFileSync(join(folder, file));
    const damaged = Buffer.from(sound);
    const middle = Math.floor(damaged.length / 2);
    damaged.writeUInt8(damaged.readUInt8(middle) ^ 0x10, middle);
    writeFileSync(join(folder, file), damaged);
    const result = await verify('ledger');
    expect([file, result.code, result.holds]).toEqual([file, 3, false]);
    expect(failed(result).map(({ detail }) => detail.split(':')[0])).toContain(file);
    writeFileSync(join(folder, file), sound);
  }
  expect((await verify('ledger')).code).toBe(0);
});

test('nodes that the ledger says are deployed, and that are not there, are missed', async () => {
  const result = await verify();
  expect(result.code).toBe(3);
  expect(failed(result).map(({ about, name, detail }) => [about, name, detail])).toEqual([
    ['n-0', 'answer', 'node "n-0" is not deployed here'],
    ['n-1', 'answer', 'node "n-1" is not deployed here'],
  ]);
  const names = result.checks.filter(({ about }) => about === 'n-0').map(({ name }) => name);
  expect(names).toEqual(['answer', 'introduced', 'described', 'deployed', 'booted']);
});

test('a copy of a ledger elsewhere needs the key of its log', async () => {
  cpSync(ledgerFolder(desk), join(desk.folder, 'copy'), { recursive: true });
  expect(await desk.nexus('verify', './copy')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--vkey'),
  });
  const key = join(desk.stateDir, 'keys/log.pub');
  expect(await verify('./copy', '--vkey', key)).toMatchObject({ code: 0, holds: true });
  expect(await verify('copy', '--vkey', readFileSync(key, 'utf8').trim())).toMatchObject({ code: 0 });
  const other = join(desk.stateDir, 'keys/deployer.pub');
  expect(await verify('copy', '--vkey', other)).toMatchObject({ code: 3, holds: false });
  expect(await desk.nexus('verify', 'copy', '--vkey', 'x')).toMatchObject({ code: 2 });
});

test('a record by its CID, with who signed it', async () => {
  const { code, checks } = await verify(records.release);
  expect(code).toBe(0);
  expect(checks[0]?.detail).toMatch(/^a release record, signed by the deployer: record 2 of 9, proved$/);
});

test('an image by its CID: built by the deployer, and whole in the store', async () => {
  const { code, out } = await desk.nexus('verify', image);
  expect(code).toBe(0);
  expect(out).toMatch(
    /ok .*built +the deployer built it as image n: record 1 of 9, proved\nok .*block +its 31 bytes/,
  );
  writeFileSync(records.client.factory.store.pathOf(image), 'another image');
  const result = await verify(image);
  expect(result.code).toBe(3);
  expect(failed(result)).toMatchObject([
    { name: 'block', detail: expect.stringContaining('Cannot read block') },
  ]);
});

test('a file: whether it is an image, and one that was built here', async () => {
  desk.write({ 'n.img': imageBytes.toString(), 'other.img': 'something else' });
  const known = await verify('n.img');
  expect(known.checks.map(({ name, ok }) => [name, ok])).toEqual([
    ['format', false],
    ['built', true],
  ]);
  const other = await verify('other.img');
  expect(other).toMatchObject({ code: 3, holds: false });
  expect(failed(other).at(-1)?.detail).toMatch(/^the ledger has no build of bafkrei/);
});

test('a build that somebody else signed does not count', async () => {
  const { random } = records.client.environment;
  const stranger = await openSigningKey({ folder: join(desk.folder, 'stranger'), role: 'deployer', random });
  const ledger = await records.client.ledger();
  const cid = records.artifact;
  const artifact = {
    kind: 'image',
    name: 'n',
    cid,
    sizeBytes: 1,
    source: '0'.repeat(64),
    toolchain: 'x',
  } as const;
  const receipt = await ledger.append(createStatement('artifact', artifact), stranger);
  const { checks } = await verify(receipt.cid);
  expect(checks[0]?.detail).toContain('signed by a key that nobody introduced');
});

test('a word that names nothing, or two things', async () => {
  expect(await desk.nexus('verify', 'n-2')).toMatchObject({
    code: 2,
    err: 'nexus: Cannot verify "n-2": no node, image or ledger of that name, the nodes are n-0, n-1\n  hint: Did you mean "n-0"?\n',
  });
  desk.write({ 'n-0': 'a file of that name' });
  expect(await desk.nexus('verify', 'n-0')).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      'it names a node and an image\n  hint: Say which with --as=node or --as=image.',
    ),
  });
  expect((await verify('n-0', '--as', 'image')).checks.map(({ name }) => name)).toEqual(['format', 'built']);
  expect((await verify('n-0', '--as', 'node')).checks[0]?.name).toBe('answer');
});
