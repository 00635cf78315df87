import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { makeLog } from '../../../../bench/made-log';
import {
  type AuditOptions,
  type AuditReport,
  auditLedger,
  formatVerifierKey,
} from '../../../../providers/provchain';
import { LookWorker } from '../../../../providers/provchain/audit/quick-look';
import { isLeafAt, leafSizeBytes, parseLeaf } from '../../../../providers/provchain/formats/leaf';
import { deployer, logKey } from '../simulation';

const size = 5 * 256;
const home = mkdtempSync(join(tmpdir(), 'nexus-quick-look-'));
const folder = join(home, 'ledger');

beforeAll(() => makeLog({ folder, log: logKey, signer: deployer, size, isSigned: true }));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const audit = (options: AuditOptions = {}): Promise<AuditReport> =>
  auditLedger(folder, formatVerifierKey(logKey), { workerCount: 0, ...options });

const paths = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Changes a file while `act` runs. */
async function withBytes<T>(file: string, bytes: Uint8Array, act: () => Promise<T>): Promise<T> {
  const sound = readFileSync(file);
  writeFileSync(file, bytes);
  return act().finally(() => writeFileSync(file, sound));
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

/** Any bit of any file, each file as likely. */
const anyFlip = fc.tuple(fc.nat(), fc.nat()).map(([fileNumber, bitNumber]) => {
  const files = paths().filter((path) => readFileSync(path).length > 0);
  const file = files[fileNumber % files.length] ?? '';
  return { file, bit: bitNumber % (readFileSync(file).length * 8) };
});

async function expectFound(
  { file, bit }: { file: string; bit: number },
  options: AuditOptions,
): Promise<void> {
  const { findings } = await withBytes(file, flipped(readFileSync(file), bit), () => audit(options));
  const blamed = [...new Set(findings.map((finding) => finding.file))];
  expect({ bit, blamed }).toEqual({ bit, blamed: [file.slice(folder.length + 1)] });
}

test('every entry of a sound log is checked, in this thread and in others', async () => {
  for (const workerCount of [0, 2]) {
    const report = await audit({ workerCount });
    expect(report).toMatchObject({ size, recordCount: size, findings: [], leftovers: [] });
  }
});

test('a flipped bit in any file is found, and that file alone is named', async () => {
  const options = { signatures: false };
  await fc.assert(
    fc.asyncProperty(anyFlip, (flip) => expectFound(flip, options)),
    { numRuns: 60 },
  );
});

test('in threads too', async () => {
  const options = { signatures: false, workerCount: 2 };
  await fc.assert(
    fc.asyncProperty(anyFlip, (flip) => expectFound(flip, options)),
    { numRuns: 4 },
  );
});

test('a wrong signature in a sound tree is found, unless it was not asked for', async () => {
  const unsigned = join(home, 'unsigned');
  makeLog({ folder: unsigned, log: logKey, signer: deployer, size: 256, isSigned: false });
  const verifierKey = formatVerifierKey(logKey);
  const strict = await auditLedger(unsigned, verifierKey, { workerCount: 0 });
  expect(strict.findings).toHaveLength(256);
  expect(strict.findings[0]).toEqual({ file: 'tile/entries', problem: 'entry 0 has a wrong signature' });
  expect((await auditLedger(unsigned, verifierKey, { signatures: false })).findings).toEqual([]);
});

test('where no thread can be started the audit goes on in this one', async () => {
  const looker = new LookWorker({ folder, withSignatures: false }, join(home, 'none.js'));
  const verdicts = [await looker.look([0, 1]), await looker.look([0, 1])];
  expect(verdicts.at(-1)).toHaveLength(2);
  await looker.close();
});

test('progress is told group by group, and an abort ends the audit', async () => {
  const told: string[] = [];
  await audit({
    signatures: false,
    onProgress: (phase, count, total) => told.push(`${phase} ${count}/${total}`),
  });
  expect(told.slice(-2)).toEqual(['entries 1024/1280', 'entries 1280/1280']);
  const controller = new AbortController();
  const onProgress = (): void => controller.abort(new Error('enough'));
  await expect(audit({ onProgress, signal: controller.signal, workerCount: 1 })).rejects.toThrow('enough');
});

test('the quick look at a leaf has the verdict of the careful one', () => {
  const leaf = readFileSync(join(folder, 'tile/entries/000')).subarray(2, 2 + leafSizeBytes);
  expect(isLeafAt(leaf, 0)).toBe(true);
  const change = fc.tuple(fc.nat(leafSizeBytes - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = Uint8Array.from(leaf);
      for (const [at, byte] of changes) bytes[at] = byte;
      expect(isLeafAt(bytes, 0)).toBe(parseLeaf(bytes) !== undefined);
    }),
    { numRuns: 3000 },
  );
});
