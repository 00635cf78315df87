import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { madeStatement, makeLog } from '../../../../bench/made-log';
import { formatStatement, sha256 } from '../../../../model';
import { auditLedger, formatVerifierKey } from '../../../../providers/provchain';
import { openFolderSource } from '../../../../providers/provchain/log/ledger';
import { LogView } from '../../../../providers/provchain/log/log-view';
import { readCheckpoint } from '../../../../providers/provchain/log/settle';
import { diskIndexFolder, type IndexFolder } from '../../../../providers/provchain/record-index/index-folder';
import {
  formatSegment,
  Segment,
  segmentsOf,
} from '../../../../providers/provchain/record-index/index-segment';
import { RecordIndex } from '../../../../providers/provchain/record-index/record-index';
import { deployer, logKey } from '../simulation';

const size = 66_048;
const home = mkdtempSync(join(tmpdir(), 'nexus-index-'));
const folder = join(home, 'ledger');
const indexFolder = join(folder, 'index');
let whole: LogView;

beforeAll(async () => {
  makeLog({ folder, log: logKey, signer: deployer, size, isSigned: false });
  whole = await viewOf(size);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => rmSync(indexFolder, { recursive: true, force: true }));

/** The log when it had that many entries. */
async function viewOf(count: number): Promise<LogView> {
  const source = openFolderSource(folder);
  const { root } = await readCheckpoint(source, logKey);
  const now = new LogView({ size, root }, source);
  return new LogView({ size: count, root: await now.tree.rootAt(count) }, source);
}

const random = (sizeBytes: number): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, () => Math.floor(Math.random() * 256));
const onDisk = diskIndexFolder(folder, { clock: () => 0, random });
const digestOf = (index: number): Uint8Array => sha256(formatStatement(madeStatement(index)));
const names = (): string[] => readdirSync(indexFolder).sort();

/** Places at the borders of blocks and segments, and some between. */
const places = [0, 1, 4095, 4096, 30_000, 65_535, 65_536, size - 1];

async function expectFound(index: RecordIndex, view: LogView): Promise<void> {
  for (const place of places) {
    const expected = place < view.size ? [place] : [];
    expect({ place, found: await index.find(digestOf(place), view) }).toEqual({ place, found: expected });
  }
  expect(await index.find(digestOf(size + 5), view)).toEqual([]);
}

/** Counts what is read of files. */
function counted(files: IndexFolder): { files: IndexFolder; reads: number[] } {
  const reads: number[] = [];
  const read: IndexFolder['read'] = (path, at, sizeBytes) => {
    reads.push(sizeBytes);
    return files.read(path, at, sizeBytes);
  };
  return { files: { ...files, read }, reads };
}

test('in memory every record is found, and no other', async () => {
  await expectFound(new RecordIndex(), whole);
});

test('in files too; a second process reads a header and a few pages', async () => {
  await expectFound(new RecordIndex(onDisk), whole);
  expect(names()).toEqual(['1-0']);
  const { files, reads } = counted({ ...onDisk, write: undefined });
  const index = new RecordIndex(files);
  expect(await index.find(digestOf(40_000), whole)).toEqual([40_000]);
  expect(reads.length).toBeLessThanOrEqual(6);
  expect(Math.max(...reads)).toBeLessThanOrEqual(4096);
});

test('a log that grows gets blocks, which one segment replaces', async () => {
  const index = new RecordIndex(onDisk);
  await expectFound(index, await viewOf(9000));
  expect(names()).toEqual(['0-0', '0-1']);
  await expectFound(index, await viewOf(12_288));
  expect(names()).toEqual(['0-0', '0-1', '0-2']);
  await expectFound(index, whole);
  expect(names()).toContain('1-0');
  await expectFound(index, await viewOf(9000));
});

test('several processes at once write the same files', async () => {
  const view = await viewOf(9000);
  const indexes = Array.from({ length: 4 }, () => new RecordIndex(onDisk));
  await Promise.all(indexes.map((index) => expectFound(index, view)));
  expect(names()).toEqual(['0-0', '0-1']);
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
});

test('a reader writes nothing', async () => {
  await expectFound(new RecordIndex(diskIndexFolder(folder, undefined)), await viewOf(9000));
  expect(names).toThrow('ENOENT');
});

test('a full disk costs no answer, and is tried once', async () => {
  let writeCount = 0;
  const write = (): void => {
    writeCount += 1;
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  await expectFound(new RecordIndex({ ...onDisk, write }), await viewOf(9000));
  expect(writeCount).toBe(1);
});

test('a file that is cut off, spoiled anywhere, or of another log is built again', async () => {
  const view = await viewOf(9000);
  await expectFound(new RecordIndex(onDisk), view);
  const file = join(indexFolder, '0-0');
  const sound = readFileSync(file);
  const expectRebuilt = async (bytes: Uint8Array): Promise<void> => {
    writeFileSync(file, bytes);
    const place = Math.floor(Math.random() * 4096);
    expect(await new RecordIndex(onDisk).find(digestOf(place), view)).toEqual([place]);
  };
  const flip = fc.integer({ min: 0, max: sound.length * 8 - 1 }).map((bit) => {
    const bytes = Buffer.from(sound);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes;
  });
  const cut = fc.integer({ min: 0, max: sound.length - 1 }).map((end) => sound.subarray(0, end));
  const bytes = fc.oneof(flip, cut, fc.uint8Array({ maxLength: 200 }));
  await fc.assert(fc.asyncProperty(bytes, expectRebuilt), { numRuns: 20 });
  const otherRoot = formatSegment({ from: 0, to: 4096 }, new Uint8Array(32), new BigUint64Array(4096));
  await expectRebuilt(otherRoot);
  expect(readFileSync(file)).toEqual(sound);
}, 120_000);

test('an edited index can hide a record, can make up none, and the audit names it', async () => {
  const view = await viewOf(size);
  await expectFound(new RecordIndex(onDisk), view);
  const range = { from: 0, to: 65_536 };
  const root = await view.tree.rootAt(range.to);
  const read = (at: number, sizeBytes: number): Uint8Array => onDisk.read('index/1-0', at, sizeBytes);
  const segment = Segment.open(range, root, read);
  const records = segment?.records() ?? new BigUint64Array();
  const hidden = segment?.candidates(digestOf(77)) ?? [];
  expect(hidden).toEqual([77]);
  // The record of entry 77 now says a place that is another's, or far outside the log.
  const edited = records.map((record) => ((record & 0xfffffn) === 77n ? record | 0xfffffn : record));
  onDisk.write?.('index/1-0', formatSegment(range, root, edited));
  expect(await new RecordIndex(onDisk).find(digestOf(77), view)).toEqual([]);
  expect(await new RecordIndex(onDisk).find(digestOf(78), view)).toEqual([78]);
  const { findings } = await auditLedger(folder, formatVerifierKey(logKey), { signatures: false });
  expect(findings).toEqual([
    { file: 'index/1-0', problem: 'not the index of the entries; remove it, and it is built again' },
  ]);
});

test('a flipped bit anywhere in the index is found by the audit, which also knows a sound one', async () => {
  await expectFound(new RecordIndex(onDisk), await viewOf(9000));
  await expectFound(new RecordIndex(onDisk), whole);
  const audit = () => auditLedger(folder, formatVerifierKey(logKey), { signatures: false, workerCount: 0 });
  expect((await audit()).findings).toEqual([]);
  for (const name of names().slice(-3)) {
    const file = join(indexFolder, name);
    const [sound, at] = [readFileSync(file), Math.floor(Math.random() * statSync(file).size)];
    const flipped = Buffer.from(sound);
    flipped[at] = (flipped[at] ?? 0) ^ 4;
    writeFileSync(file, flipped);
    const blamed = (await audit()).findings.map((finding) => finding.file);
    writeFileSync(file, sound);
    expect({ at, blamed }).toEqual({ at, blamed: [`index/${name}`] });
  }
  writeFileSync(join(indexFolder, '0-999'), 'x');
  expect((await audit()).findings.map(({ file }) => file)).toEqual(['index/0-999']);
});

test('segments cover a log but for the last entries, the largest first', () => {
  const cover = (count: number): string =>
    segmentsOf(count)
      .map(({ level, index }) => `${level}-${index}`)
      .join(' ');
  expect(cover(4095)).toBe('');
  expect(cover(9000)).toBe('0-0 0-1');
  expect(cover(1_048_576 + 65_536 + 4096)).toBe('2-0 1-16 0-272');
  expect(segmentsOf(10_000_000).length).toBeLessThanOrEqual(9 + 15 + 15);
});
