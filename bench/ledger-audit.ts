/**
 * Reading a large ledger: the audit of a million entries beside `sha256sum` over the same files, which hashes as many
 * bytes and checks nothing; finding and proving one record, with the index and without; the check of an offline proof.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cidOfRaw, sha256 } from '../model';
import {
  type AuditOptions,
  auditLedger,
  formatVerifierKey,
  openLedgerReader,
  signingKeyFromSeed,
  verifyRecord,
} from '../providers/provchain';
import { parseLeaf } from '../providers/provchain/formats/leaf';
import { openFolderSource } from '../providers/provchain/log/ledger';
import { LogView } from '../providers/provchain/log/log-view';
import { readCheckpoint } from '../providers/provchain/log/settle';
import { diskIndexFolder } from '../providers/provchain/record-index/index-folder';
import { RecordIndex } from '../providers/provchain/record-index/record-index';
import { type Figure, median } from './figures';
import { madeRecord, makeLog } from './made-log';

const log = signingKeyFromSeed(new Uint8Array(32).fill(8), 'log');
const signer = signingKeyFromSeed(new Uint8Array(32).fill(7), 'deployer');
const verifierKey = formatVerifierKey(log);

async function timeMs(act: () => unknown): Promise<number> {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}

const residentMb = (): number => process.memoryUsage().rss / 1e6;

/** Entries a second. @throws when the log is not sound, or not all of it was checked */
async function auditRate(folder: string, size: number, options: AuditOptions): Promise<number> {
  const elapsedMs = await timeMs(async () => {
    const { findings, recordCount } = await auditLedger(folder, verifierKey, options);
    if (findings.length > 0 || recordCount !== size) throw new Error(`The made log is not sound`);
  });
  return (size * 1000) / elapsedMs;
}

async function benchHashes(folder: string, size: number): Promise<Figure[]> {
  makeLog({ folder, log, signer, size, isSigned: false });
  const sumMs = (): Promise<number> =>
    timeMs(() =>
      spawnSync('sh', ['-c', 'find "$0" -type f -print0 | xargs -0 sha256sum > /dev/null', folder]),
    );
  // By turns, as the machine is not always equally busy.
  const [rates, sumRates]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round += 1) {
    rates.push(await auditRate(folder, size, { signatures: false }));
    sumRates.push((size * 1000) / (await sumMs()));
  }
  const before = process.cpuUsage();
  const single = await auditRate(folder, size, { signatures: false, workerCount: 0 });
  const { user, system } = process.cpuUsage(before);
  const [rate, sumRate] = [median(rates), median(sumRates)];
  return [
    { name: `entries audited a second without signatures, of ${size}`, value: rate, unit: '1/s' },
    { name: 'the same in one thread', value: single, unit: '1/s' },
    { name: 'entries for each second of processor time', value: (size * 1e6) / (user + system), unit: '1/s' },
    { name: 'entries whose files sha256sum hashes a second', value: sumRate, unit: '1/s' },
    { name: 'audit against sha256sum, of the rate', value: rate / sumRate, unit: 'times' },
    { name: 'memory after the audits', value: residentMb(), unit: 'MB' },
  ];
}

async function benchSignatures(folder: string, size: number): Promise<Figure[]> {
  makeLog({ folder, log, signer, size, isSigned: true });
  const rate = await auditRate(folder, size, {});
  const single = await auditRate(folder, size, { workerCount: 0 });
  return [
    { name: `entries audited a second with all signatures, of ${size}`, value: rate, unit: '1/s' },
    { name: 'the same in one thread, signatures too', value: single, unit: '1/s' },
  ];
}

/** What a process pays that opens the ledger and asks for one record. */
async function benchFinding(folder: string, size: number): Promise<Figure[]> {
  const source = openFolderSource(folder);
  const view = new LogView(await readCheckpoint(source, log), source);
  const files = diskIndexFolder(folder, {
    clock: Date.now,
    random: (sizeBytes) => new Uint8Array(sizeBytes),
  });
  const buildMs = await timeMs(() =>
    new RecordIndex(files).find(sha256(madeRecord(0, signer, false).payload), view),
  );
  const beforeMb = residentMb();
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1)
    times.push(await timeMs(() => prove(folder, Math.floor((size * round) / 20))));
  return [
    { name: `building the index of ${size} entries`, value: buildMs / 1000, unit: 's' },
    { name: 'opening that ledger and proving one record by its CID, P50', value: median(times), unit: 'ms' },
    { name: 'memory that 20 such openings take', value: residentMb() - beforeMb, unit: 'MB' },
  ];
}

async function prove(folder: string, index: number): Promise<void> {
  const ledger = await openLedgerReader({ folder, verifierKey });
  const proof = await ledger.prove(cidOfRaw(madeRecord(index, signer, false).payload));
  if (proof?.index !== index) throw new Error(`No proof for entry ${index}`);
}

async function benchProof(folder: string, size: number): Promise<Figure[]> {
  const times: number[] = [];
  const ledger = await openLedgerReader({ folder, verifierKey });
  for (let round = 0; round < 200; round += 1) {
    const index = (round * 7919) % size;
    const { payload, leaf } = madeRecord(index, signer, true);
    const fields = parseLeaf(leaf);
    const proof = await ledger.prove(cidOfRaw(payload));
    if (fields === undefined || proof === undefined) throw new Error(`No proof for entry ${index}`);
    times.push(await timeMs(() => verifyRecord({ payload, ...fields, proof }, log)));
  }
  return [{ name: 'check of an offline proof, both signatures too, P50', value: median(times), unit: 'ms' }];
}

/** All figures, in folders of their own that are removed afterwards. */
export async function benchLedgerAudit(size = 1_000_192, signedSize = 102_400): Promise<Figure[]> {
  const home = mkdtempSync(join(tmpdir(), 'nexus-bench-'));
  const [large, signed] = [join(home, 'large'), join(home, 'signed')];
  try {
    return [
      ...(await benchHashes(large, size)),
      ...(await benchFinding(large, size)),
      ...(await benchSignatures(signed, signedSize)),
      ...(await benchProof(signed, signedSize)),
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
