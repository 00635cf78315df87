/** A ledger with a policy beside its key: who opens it, appends to it, reads and audits it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStatement } from '../../../../model';
import {
  auditLedger,
  formatPolicy,
  formatVerifierKey,
  type Ledger,
  openLedger,
  openLedgerReader,
  openSigningKey,
  type Policy,
  policyFile,
  readPolicyFile,
  type SigningKey,
  serveWitness,
  signingKeyFromSeed,
  Witness,
} from '../../../../providers/provchain';
import { logKeyOf, policyOf, witnessKeyOf } from '../witness-rig';

const deployer = signingKeyFromSeed(new Uint8Array(32).fill(7), 'deployer');
const recordOf = (number: number) =>
  createStatement('key', { role: 'node', name: `n${number}`, key: number.toString(16).padStart(64, '0') });
const random = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).fill(5);

let home: string;
let log: SigningKey;
const ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'policy-file-'));
  mkdirSync(join(home, 'keys'));
  log = await openSigningKey({ folder: join(home, 'keys'), role: 'log', random });
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
  rmSync(home, { recursive: true, force: true });
});

const openHere = (): Promise<Ledger> =>
  openLedger({ folder: join(home, 'ledger'), keysFolder: join(home, 'keys'), clock: Date.now });
const writePolicy = (policy: Policy): void =>
  writeFileSync(join(home, 'keys', policyFile), formatPolicy(policy));

async function startWitness(number: number): Promise<string> {
  const witness = await Witness.open({
    folder: join(home, `witness-${number}`),
    cosigner: witnessKeyOf(number),
    logs: [log],
    clock: Date.now,
    report: () => undefined,
  });
  const server = await serveWitness({ witness, listen: '127.0.0.1:0' });
  ends.push(server.close);
  return server.url;
}

test('with a policy beside the key every append is cosigned, also by processes at once', async () => {
  const policy = policyOf(log, [await startWitness(0), await startWitness(1)]);
  writePolicy(policy);
  const ledgers = await Promise.all([openHere(), openHere(), openHere()]);
  await Promise.all(
    ledgers.flatMap((ledger, at) => [1, 2, 3, 4].map((n) => ledger.append(recordOf(10 * at + n), deployer))),
  );
  const verifierKey = formatVerifierKey(log);
  const reader = await openLedgerReader({ folder: join(home, 'ledger'), verifierKey, policy });
  expect((await reader.checkpoint()).size).toBe(12);
  await ledgers[0]?.flush();
  expect((await auditLedger(join(home, 'ledger'), verifierKey, { policy })).findings).toEqual([]);
});

test('without it nothing is asked, and a reader with a policy does not take what nobody cosigned', async () => {
  const ledger = await openHere();
  await ledger.append(recordOf(1), deployer);
  await ledger.flush();
  const [verifierKey, policy] = [formatVerifierKey(log), policyOf(log)];
  const folder = join(home, 'ledger');
  await expect(openLedgerReader({ folder, verifierKey, policy })).rejects.toMatchObject({
    code: 'policy-unmet',
  });
  const { findings } = await auditLedger(folder, verifierKey, { policy });
  expect(findings).toEqual([
    {
      file: 'checkpoint',
      problem: expect.stringContaining('0 of 3 witnesses cosigned, expected 2 of north'),
    },
  ]);
});

test('a policy for another log, or one that cannot be read, stops whoever would append', async () => {
  writePolicy(policyOf(logKeyOf(9), ['http://127.0.0.1:1/', 'http://127.0.0.1:1/']));
  await expect(openHere()).rejects.toMatchObject({
    code: 'bad-policy',
    message: expect.stringContaining(`it does not have the log "${log.name}"`),
    hint: `Add the line: log ${formatVerifierKey(log)}`,
  });
  writeFileSync(join(home, 'keys', policyFile), 'quibble\n');
  await expect(openHere()).rejects.toMatchObject({ code: 'bad-policy', place: { line: 1, column: 1 } });
  expect(() => readFileSync(join(home, 'ledger', 'checkpoint'))).toThrow();
  await expect(readPolicyFile(join(home, 'none'))).rejects.toMatchObject({ code: 'no-policy' });
});
