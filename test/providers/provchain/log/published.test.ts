/** A checkpoint that is not what the commits say, found by whoever opens the ledger to write. */
import { type Ledger, signingKeyFromSeed } from '../../../../providers/provchain';
import { signCheckpoint } from '../../../../providers/provchain/formats/checkpoint';
import { writeEmptyLog } from '../../../../providers/provchain/log/create';
import { startLedger } from '../../../../providers/provchain/log/ledger';
import { MemoryDisk } from '../memory-disk';
import { bytesOf, deployer, logKey, randomOf, statementOf, storageOf } from '../simulation';

let disk: MemoryDisk;
let reports: string[];

function open(): Promise<Ledger> {
  return startLedger({
    storage: storageOf(disk),
    log: logKey,
    random: bytesOf(randomOf(2)),
    sleep: async () => undefined,
    report: (sentence) => reports.push(sentence),
  });
}

const read = (path: string): Buffer => Buffer.from(disk.file(path)?.bytes ?? []);

function write(path: string, bytes: Uint8Array | string): void {
  const file = disk.file(path);
  if (file === undefined) throw new Error(`no ${path}`);
  file.bytes = Uint8Array.from(Buffer.from(bytes));
}

beforeEach(async () => {
  disk = new MemoryDisk();
  reports = [];
  await writeEmptyLog(disk.files(), logKey, bytesOf(randomOf(1)));
  const ledger = await open();
  for (const number of [1, 2]) await ledger.append(statementOf(number), deployer);
  await ledger.flush();
  await ledger.append(statementOf(3), deployer);
});

test('one that a power cut has torn at any byte, or left as zeros, is signed anew to the same bytes, silently', async () => {
  const good = read('checkpoint');
  for (let length = 0; length < good.length; length += 1)
    for (const torn of [
      good.subarray(0, length),
      Buffer.concat([good.subarray(0, length), Buffer.alloc(good.length - length)]),
    ]) {
      write('checkpoint', torn);
      await open();
      expect(read('checkpoint')).toEqual(good);
    }
  expect(reports).toEqual([]);
});

test('a whole one with a wrong signature is signed anew, and reported', async () => {
  const good = read('checkpoint');
  write('checkpoint', good.toString().replace('\n3\n', '\n2\n'));
  await open();
  expect(read('checkpoint')).toEqual(good);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toContain('"checkpoint"');
  expect(reports[0]).toContain('it is signed anew from the last commit');
});

test('one by another key is signed anew, and reported', async () => {
  const other = { ...signingKeyFromSeed(new Uint8Array(32).fill(3), 'log'), name: logKey.name };
  write('checkpoint', signCheckpoint({ size: 3, root: new Uint8Array(32) }, other));
  await open();
  expect(reports).toHaveLength(1);
});

test.each([
  ['checkpoint', 1],
  ['checkpoint', 2],
  ['checkpoint', 3],
  ['checkpoint', 4],
  ['commits/flushed', 2],
])(
  'another log in "%s", of %i entries and truly signed, is refused, and nothing is signed or replaced',
  async (file, size) => {
    const forgery = signCheckpoint({ size, root: new Uint8Array(32).fill(size) }, logKey);
    write(file, forgery);
    const before = new Map(disk.paths().map((path) => [path, read(path)]));
    for (const attempt of [1, 2])
      expect({ attempt, error: await open().then(() => 'none', String) }).toMatchObject({
        error: expect.stringContaining(
          `Cannot trust the ledger's "${file}": the log's key has signed size ${size}`,
        ),
      });
    for (const path of ['checkpoint', 'commits/flushed']) expect(read(path)).toEqual(before.get(path));
  },
);

test('an older one of this log, as a slow writer leaves it, is replaced, silently', async () => {
  const flushed = read('commits/flushed');
  const good = read('checkpoint');
  write('checkpoint', flushed);
  await open();
  expect(read('checkpoint')).toEqual(good);
  expect(reports).toEqual([]);
});
