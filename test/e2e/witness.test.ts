/**
 * Witnesses as processes, and logs that ask them: a quorum with one of them down, a split view, and a witness that is
 * killed, between any two requests and at any system call of one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkPolicy,
  formatAddCheckpoint,
  formatPolicy,
  formatVerifierKey,
  type Ledger,
  openLedger,
  openLedgerReader,
  openSigningKey,
  type Policy,
  parseCosignerKey,
  parseVerifierKey,
  signingKeyFromSeed,
  verifyRecord,
} from '../../providers/provchain';
import { Desk } from '../cli/_io';
import { WordLog, wordsOf } from '../providers/provchain/witness-rig';
import { buildForeign } from '../support/foreign';
import { Witnesses, type WitnessProcess } from './_witness';
import { recordOf } from './ledger-writer';

const home = mkdtempSync(join(tmpdir(), 'witness-e2e-'));
const witnesses = new Witnesses();
const deployer = signingKeyFromSeed(new Uint8Array(32).fill(7), 'deployer');
const random = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).fill(3);
afterAll(() => {
  witnesses.endAll();
  rmSync(home, { recursive: true, force: true });
});

const openAt = (stateDir: string): Promise<Ledger> =>
  openLedger({ folder: join(stateDir, 'ledger'), keysFolder: join(stateDir, 'keys'), clock: Date.now });
const witnessFolder = (name: string): string => join(home, name);
const portOf = ({ url }: WitnessProcess): string => new URL(url).host;

interface Site {
  readonly stateDir: string;
  readonly logKey: string;
  readonly policy: Policy;
  readonly north: WitnessProcess;
  readonly south: WitnessProcess;
}

/** A log whose policy is two of three, of which two run and the third never did. */
async function makeSite(name: string): Promise<Site> {
  const stateDir = join(home, name);
  const keysFolder = join(stateDir, 'keys');
  const log = await openSigningKey({ folder: keysFolder, role: 'log', random });
  const logKey = formatVerifierKey(log);
  const north = await witnesses.start(witnessFolder(`${name}-north`), logKey);
  const south = await witnesses.start(witnessFolder(`${name}-south`), logKey);
  const gone = await witnesses.start(witnessFolder(`${name}-east`), logKey);
  gone.child.kill('SIGKILL');
  await gone.ended;
  const witnessOf = (witness: string, { verifierKey, url }: WitnessProcess) => ({
    name: witness,
    cosigner: parseCosignerKey(verifierKey),
    url,
  });
  const policy = {
    logs: [{ verifier: parseVerifierKey(logKey) }],
    witnesses: [witnessOf('north', north), witnessOf('south', south), witnessOf('east', gone)],
    groups: [{ name: 'two', threshold: 2, members: ['north', 'south', 'east'] }],
    quorum: 'two',
  };
  writeFileSync(join(keysFolder, 'log.policy'), formatPolicy(policy));
  return { stateDir, logKey, policy, north, south };
}

const readWith = ({ stateDir, logKey, policy }: Site, folder = join(stateDir, 'ledger')) =>
  openLedgerReader({ folder, verifierKey: logKey, policy });

async function cidsOf(ledger: Pick<Ledger, 'entries'>): Promise<string[]> {
  const cids: string[] = [];
  for await (const { cid } of ledger.entries()) cids.push(cid);
  return cids;
}

test('a log publishes what two of three witnesses have cosigned, and below that nothing; nothing is lost', async () => {
  const site = await makeSite('quorum');
  const go = buildForeign(home);
  const ledger = await openAt(site.stateDir);
  const first = await ledger.append(recordOf(1), deployer);
  const file = join(site.stateDir, 'ledger', 'checkpoint');
  const verdict = checkPolicy(readFileSync(file), site.policy);
  expect(verdict.witnessedBy.map(({ name }) => name)).toEqual(['north', 'south']);
  // The same in the eyes of Go's own note package.
  const keys = [site.logKey, site.north.verifierKey, site.south.verifierKey];
  expect(go('cosigned', file, ...keys)).toEqual({
    status: 0,
    said: keys.map((key) => `${key.split('+')[0]}\n`).join(''),
  });

  site.south.child.kill('SIGKILL');
  await site.south.ended;
  await expect(ledger.append(recordOf(2), deployer)).rejects.toMatchObject({
    code: 'append-unpublished',
    message: expect.stringMatching(
      /^Cannot publish the checkpoint of size 2: 1 of 3 witnesses cosigned \(north\), expected 2 of north, south, east; south: .*ECONNREFUSED.*; east: .*; the record is safe/s,
    ),
  });
  await expect(ledger.append(recordOf(3), deployer)).rejects.toMatchObject({ code: 'policy-unmet' });
  const reader = await readWith(site);
  expect(await cidsOf(reader)).toEqual([first.cid]);
  // It can be opened all the same, and read.
  expect(await cidsOf(await openAt(site.stateDir))).toEqual([first.cid]);

  await witnesses.start(witnessFolder('quorum-south'), site.logKey, portOf(site.south));
  const third = await ledger.append(recordOf(3), deployer);
  expect(third).toMatchObject({ index: 2, size: 3 });
  expect(await cidsOf(reader)).toHaveLength(3);
  const proof = await reader.prove(third.cid);
  const entry = await reader.find(third.cid);
  if (proof === undefined || entry === undefined) throw new Error('the record is not there');
  const evidence = { ...entry.envelope, publicKey: entry.publicKey, proof };
  expect(verifyRecord(evidence, parseVerifierKey(site.logKey), site.policy).index).toBe(2);
  await ledger.flush();
  const desk = new Desk(site.stateDir);
  const policyFile = join(site.stateDir, 'keys', 'log.policy');
  const subject = [join(site.stateDir, 'ledger'), '--policy', policyFile, '--vkey', site.logKey];
  expect(await desk.nexus('verify', ...subject)).toMatchObject({ code: 0, err: '' });
}, 120_000);

test('a split view is caught: by whoever has the policy, and by whoever has seen the other view', async () => {
  const site = await makeSite('split');
  const ledger = await openAt(site.stateDir);
  await ledger.append(recordOf(1), deployer);
  await ledger.flush();
  // The operator, who has the key, keeps a second history and does without the witnesses there.
  const secret = join(home, 'split-secret');
  cpSync(site.stateDir, secret, { recursive: true });
  rmSync(join(secret, 'keys', 'log.policy'));
  const shown = await readWith(site);
  await ledger.append(recordOf(2), deployer);
  expect(await cidsOf(shown)).toHaveLength(2);
  const second = await openAt(secret);
  for (const number of [3, 4]) await second.append(recordOf(number), deployer);
  await second.flush();
  const folder = join(secret, 'ledger');

  // A client with the policy that comes anew.
  await expect(readWith(site, folder)).rejects.toMatchObject({
    code: 'policy-unmet',
    message: expect.stringContaining('0 of 3 witnesses cosigned'),
  });
  const desk = new Desk(site.stateDir);
  const policyFile = join(site.stateDir, 'keys', 'log.policy');
  const { code, out, err } = await desk.nexus(
    'verify',
    folder,
    '--policy',
    policyFile,
    '--vkey',
    site.logKey,
  );
  expect([code, out + err]).toEqual([3, expect.stringContaining('0 of 3 witnesses cosigned')]);
  // The witnesses do not cosign it, whatever they are shown.
  writeFileSync(join(secret, 'keys', 'log.policy'), formatPolicy(site.policy));
  await expect((await openAt(secret)).append(recordOf(5), deployer)).rejects.toThrow('it answered 422');
  // A client without a policy that has seen the first view.
  const naive = await openLedgerReader({ folder: join(site.stateDir, 'ledger'), verifierKey: site.logKey });
  await naive.checkpoint();
  rmSync(join(site.stateDir, 'ledger'), { recursive: true });
  cpSync(folder, join(site.stateDir, 'ledger'), { recursive: true });
  await expect(naive.checkpoint()).rejects.toMatchObject({ code: 'ledger-damaged' });
}, 120_000);

test('a witness ends in order by SIGTERM, and answers what it is at', async () => {
  const log = new WordLog(wordsOf(3));
  const witness = await witnesses.start(witnessFolder('term'), formatVerifierKey(log.key));
  const answers = [1, 2, 3].map((size) => submit(witness, log, 0, size));
  const statuses = await Promise.all(answers);
  expect(statuses.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  witness.child.kill('SIGTERM');
  expect(await witness.ended).toBe(0);
}, 60_000);

interface Outcome {
  readonly status: number;
  /** What a conflict says that the witness knows. */
  readonly size: number;
}

/** Status 0 when there is no answer. */
async function submit(witness: WitnessProcess, log: WordLog, from: number, to: number): Promise<Outcome> {
  const body = formatAddCheckpoint({
    oldSize: from,
    proof: await log.prove(from, to),
    checkpoint: log.checkpoint(to),
  });
  try {
    const answer = await fetch(new URL('add-checkpoint', witness.url), { method: 'POST', body });
    const text = await answer.text();
    return { status: answer.status, size: answer.status === 409 ? Number(text) : 0 };
  } catch {
    return { status: 0, size: 0 };
  }
}

const words = 600;
const histories = [
  new WordLog(wordsOf(words)),
  new WordLog([...wordsOf(1), ...wordsOf(words - 1, 'other')]),
] as const;
const killKey = formatVerifierKey(histories[0].key);

/** Shows a history to a witness, step by step, until it does not answer; notes what was cosigned. */
async function push(witness: WitnessProcess, history: number, cosigned: Map<number, number>): Promise<void> {
  const log = histories[history === 0 ? 0 : 1];
  for (let from = 0, to = 2; ; ) {
    const { status, size } = await submit(witness, log, from, to);
    if (status === 0 || to >= words) return;
    if (status === 200) {
      expect(cosigned.get(to) ?? history).toBe(history);
      cosigned.set(to, history);
    }
    // Two sizes below what the other may have are tried as well.
    from = status === 409 ? size : to;
    to = from + 1 + (status === 422 ? 1 : 0);
    if (status === 422) return;
  }
}

test('killed at any moment, a witness never cosigns two histories, and forgets none that it cosigned', async () => {
  const stateDir = witnessFolder('killed');
  const cosigned = new Map<number, number>();
  let witness = await witnesses.start(stateDir, killKey);
  for (let round = 0; round < 12; round += 1) {
    const pushing = [push(witness, round % 2, cosigned), push(witness, (round + 1) % 2, cosigned)];
    await new Promise((resolve) => setTimeout(resolve, 5 + round * 7));
    witness.child.kill('SIGKILL');
    await Promise.all([...pushing, witness.ended]);
    witness = await witnesses.start(stateDir, killKey);
    const { size } = await submit(witness, histories[0], words - 1, words - 1);
    expect(size).toBeGreaterThanOrEqual(Math.max(0, ...cosigned.keys()));
  }
  expect(new Set(cosigned.values()).size).toBe(1);
  expect(cosigned.size).toBeGreaterThan(5);
  witness.child.kill('SIGKILL');
}, 120_000);

const calls = ['openat', 'write', 'pwrite64', 'fsync', 'link', 'unlink'] as const;
type Call = (typeof calls)[number];

/** One submission of history 0 while strace watches the witness, or spoils it. */
async function submitUnder(stateDir: string, straceOptions: readonly string[]): Promise<Outcome> {
  const witness = await witnesses.start(stateDir, killKey);
  const strace = spawn('strace', ['-f', '-p', String(witness.child.pid), ...straceOptions], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const straceEnded = once(strace, 'close');
  await Promise.race([once(strace.stderr, 'data'), straceEnded]);
  const outcome = await submit(witness, histories[0], 2, 9);
  witness.child.kill('SIGKILL');
  await Promise.all([witness.ended, straceEnded]);
  return outcome;
}

/** A witness that has cosigned size 2 of history 0. */
async function makeTemplate(stateDir: string): Promise<void> {
  const witness = await witnesses.start(stateDir, killKey);
  expect(await submit(witness, histories[0], 0, 2)).toMatchObject({ status: 200 });
  witness.child.kill('SIGTERM');
  await witness.ended;
}

function countCalls(file: string): Map<Call, number> {
  const lines = readFileSync(file, 'utf8').split('\n');
  return new Map(calls.map((call) => [call, lines.filter((line) => line.includes(` ${call}(`)).length]));
}

test('a fault at any system call of a request: what was answered is remembered, and no fork is ever cosigned', async () => {
  const template = witnessFolder('faults');
  await makeTemplate(template);
  const trace = join(home, 'calls.txt');
  cpSync(template, `${template}-count`, { recursive: true });
  const watched = ['-e', `trace=${calls.join(',')}`, '-o', trace];
  expect(await submitUnder(`${template}-count`, watched)).toMatchObject({ status: 200 });
  const counts = countCalls(trace);
  for (const call of ['openat', 'fsync', 'link', 'unlink'] as const)
    expect(counts.get(call)).toBeGreaterThan(0);
  const outcomes = new Set<number>();
  for (const [call, count] of counts)
    for (const kind of call === 'write' ? ['signal=SIGKILL'] : ['signal=SIGKILL', 'error=EIO'])
      for (let at = 1; at <= count; at += 1) {
        const stateDir = `${template}-${call}-${at}-${kind}`;
        cpSync(template, stateDir, { recursive: true });
        const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:${kind}:when=${at}`, '-o', '/dev/null'];
        const { status } = await submitUnder(stateDir, inject);
        outcomes.add(status);
        const again = await witnesses.start(stateDir, killKey);
        const { size } = await submit(again, histories[0], 1, 10);
        expect({ call, at, kind, status, size }).toEqual({
          call,
          at,
          kind,
          status,
          size: status === 200 ? 9 : expect.any(Number),
        });
        expect([2, 9]).toContain(size);
        // History 1 differs from the second entry on.
        expect(await submit(again, histories[1], size, 12)).toMatchObject({ status: 422 });
        expect(await submit(again, histories[0], size, 12)).toMatchObject({ status: 200 });
        again.child.kill('SIGKILL');
        await again.ended;
        rmSync(stateDir, { recursive: true });
      }
  expect([...outcomes].sort()).toEqual([0, 200, 500]);
}, 240_000);
