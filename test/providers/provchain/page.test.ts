/** The worked example of docs/provchain.md, made again by the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cidOfStatement, formatStatement } from '../../../model';
import {
  formatOfflineProof,
  formatVerifierKey,
  leafHash,
  preAuthEncoding,
} from '../../../providers/provchain';
import { writeEmptyLog } from '../../../providers/provchain/log/create';
import { startLedger } from '../../../providers/provchain/log/ledger';
import { MemoryDisk } from './memory-disk';
import { bytesOf, deployer, logKey, randomOf, statementOf, storageOf } from './simulation';

const page = readFileSync(join(__dirname, '../../../docs/provchain.md'), 'utf8');
const text = (bytes: Uint8Array = new Uint8Array()): string => Buffer.from(bytes).toString();
const hex = (bytes: Uint8Array = new Uint8Array()): string => Buffer.from(bytes).toString('hex');

test('the example on the page is what the ledger writes', async () => {
  const disk = new MemoryDisk();
  const random = bytesOf(randomOf(1));
  await writeEmptyLog(disk.files(), logKey, random);
  const context = { storage: storageOf(disk), log: logKey, random, sleep: async () => undefined };
  const ledger = await startLedger(context);
  const { cid } = await ledger.append(statementOf(1), deployer);
  const payload = formatStatement(statementOf(1));
  const bundle = disk.file('tile/entries/000.p/1')?.bytes ?? new Uint8Array();
  const entry = bundle.subarray(2);
  const parts = [
    text(payload),
    cid,
    cidOfStatement(statementOf(1)),
    text(preAuthEncoding(payload)).slice(0, 44),
    hex(bundle.subarray(0, 2)),
    text(entry),
    hex(leafHash(entry)),
    formatVerifierKey(logKey),
    text(disk.file('checkpoint')?.bytes),
  ];
  for (const part of parts) expect(page).toContain(part);
  expect(hex(disk.file('tile/0/000.p/1')?.bytes)).toBe(hex(leafHash(entry)));
  const [found, proof] = [await ledger.find(cid), await ledger.prove(cid)];
  if (found === undefined || proof === undefined) throw new Error('no such record');
  const lines = formatOfflineProof({ ...found.envelope, publicKey: found.publicKey, proof }).split('\n');
  expect(page).toContain([lines[0], `${lines[1]?.slice(0, 82)}…`, ...lines.slice(2, 6), '…'].join('\n'));
});
