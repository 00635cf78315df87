/** Keys over their rotations, and a crash after each step of one. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStatement, isKind } from '../../../../model';
import {
  auditLedger,
  finishRotation,
  type KeyPlace,
  type LedgerEntry,
  openLedgerAt,
  openLedgerReader,
  openRecordSigner,
  parseVerifierKey,
  type RotatedRole,
  rotateKey,
  signStatement,
} from '../../../../providers/provchain';

let folder: string;
let seed: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-rotate-'));
  seed = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** No two calls give the same, and every run the same. */
const random = (sizeBytes: number): Uint8Array => {
  seed += 1;
  return new Uint8Array(Array.from({ length: sizeBytes }, (_, at) => (seed * 31 + at * 7) % 251));
};
const placeIn = (name: string): KeyPlace => ({
  keysFolder: join(folder, name, 'keys'),
  place: { kind: 'folder', folder: join(folder, name, 'ledger') },
  random,
  clock: () => 1_800_000_000_000,
});
const folderOf = ({ place }: KeyPlace): string => (place.kind === 'folder' ? place.folder : '');
const open = (place: KeyPlace) => openLedgerAt(place);

async function record(place: KeyPlace, from: string, to: string): Promise<number> {
  const cid = 'bafkreidrvi5csneq74ai4hgevdxwt4i73f5cgbjy6t664xtq3gaiqmwlxe';
  const statement = createStatement('rollback', {
    from: cid,
    to: cid,
    reason: `${from} ${to}`,
    at: '2026-01-31T12:00:00.000Z',
  });
  const signer = await openRecordSigner({ folder: place.keysFolder, role: 'deployer', random });
  return (await (await open(place)).appendSigned(await signStatement(statement, signer))).index;
}

async function entriesOf(place: KeyPlace): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const entry of (await open(place)).entries()) entries.push(entry);
  return entries;
}

const copy = (from: string, to: string): void =>
  cpSync(join(folder, from), join(folder, to), { recursive: true });
const fileOf = (place: KeyPlace, name: string): string => join(place.keysFolder, name);
const logPub = (place: KeyPlace): string => readFileSync(fileOf(place, 'log.pub'), 'utf8');

async function isSound(place: KeyPlace): Promise<void> {
  expect((await auditLedger(folderOf(place), logPub(place))).findings).toEqual([]);
  const reader = await openLedgerReader({ folder: folderOf(place), verifierKey: logPub(place) });
  expect((await reader.checkpoint()).size).toBeGreaterThan(0);
}

test.each(['log', 'deployer'] as const)(
  'a rotation of the %s that broke off after any step is finished by the next run, and only once',
  async (role: RotatedRole) => {
    const whole = placeIn('whole');
    await record(whole, 'before', role);
    copy('whole', 'before');
    const rotation = await rotateKey(role, { kind: 'plain' }, whole);
    await isSound(whole);
    const entry = (await entriesOf(whole))[rotation.index];
    const next = readFileSync(fileOf(whole, `${role}.key`));

    // 1: the new key is there, the record is not: as if nothing had happened.
    copy('before', 'after-1');
    const first = placeIn('after-1');
    writeFileSync(fileOf(first, `${role}.key.next`), next, { mode: 0o600 });
    expect(await finishRotation(role, first)).toBeUndefined();
    expect((await rotateKey(role, { kind: 'plain' }, first)).isResumed).toBe(false);
    await isSound(first);

    // 2: the record is there, the old key is still in its place.
    copy('before', 'after-2');
    const second = placeIn('after-2');
    writeFileSync(fileOf(second, `${role}.key.next`), next, { mode: 0o600 });
    await (await open(second)).appendSigned({
      ...entryOf(entry),
      publicKey: entry?.publicKey ?? new Uint8Array(),
    });
    copy('after-2', 'after-3');
    await expectFinished(role, second, rotation.index);

    // 3: the new key is in its place, its public half and the log do not know it yet.
    const third = placeIn('after-3');
    writeFileSync(fileOf(third, `${role}.key`), next);
    await expectFinished(role, third, rotation.index);

    // 4: all is done but the tidying.
    copy('whole', 'after-4');
    const fourth = placeIn('after-4');
    writeFileSync(fileOf(fourth, `${role}.key.next`), next, { mode: 0o600 });
    await expectFinished(role, fourth, rotation.index);
  },
);

function entryOf(entry: LedgerEntry | undefined) {
  if (entry === undefined) throw new Error('the rotation is in the log');
  return entry.envelope;
}

async function expectFinished(role: RotatedRole, place: KeyPlace, index: number): Promise<void> {
  expect(await rotateKey(role, { kind: 'plain' }, place)).toMatchObject({ index, isResumed: true });
  expect(readdirSync(place.keysFolder).filter((name) => name.endsWith('.next'))).toEqual([]);
  expect(statSync(fileOf(place, `${role}.key`)).mode & 0o777).toBe(0o600);
  await isSound(place);
  await record(place, 'after', role);
  await isSound(place);
  const rotations = (await entriesOf(place)).filter(
    ({ statement }) => isKind(statement, 'key') && statement.predicate.replaces !== undefined,
  );
  expect(rotations).toHaveLength(1);
}

test('the log keeps its name over rotations, and grows on under each new key', async () => {
  const place = placeIn('log');
  await record(place, 'a', 'b');
  const old = logPub(place);
  for (const round of ['first', 'second', 'third']) {
    await rotateKey('log', { kind: 'plain' }, place);
    await record(place, round, 'again');
    await isSound(place);
    expect(parseVerifierKey(logPub(place).trimEnd()).name).toBe(parseVerifierKey(old.trimEnd()).name);
  }
  const report = await auditLedger(folderOf(place), old);
  expect(report.findings).toEqual([]);
  expect(report.followed?.rotations).toHaveLength(3);
  const reader = await openLedgerReader({ folder: folderOf(place), verifierKey: old });
  expect(`${reader.verifierKey}\n`).toBe(logPub(place));
});

test('who has the key of another log is led nowhere', async () => {
  const [one, other] = [placeIn('one'), placeIn('other')];
  await record(one, 'a', 'b');
  await record(other, 'a', 'b');
  await rotateKey('log', { kind: 'plain' }, one);
  const { findings, followed } = await auditLedger(folderOf(one), logPub(other));
  expect([findings.length > 0, followed]).toEqual([true, undefined]);
});
