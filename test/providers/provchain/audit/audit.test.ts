import { createHash } from 'node:crypto';
import type { Ledger } from '../../../../providers/provchain';
import { type AuditReport, auditStorage } from '../../../../providers/provchain/audit/audit';
import { writeEmptyLog } from '../../../../providers/provchain/log/create';
import { startLedger } from '../../../../providers/provchain/log/ledger';
import type { WriterContext } from '../../../../providers/provchain/log/settle';
import { MemoryDisk } from '../memory-disk';
import { bytesOf, deployer, logKey, randomOf, Simulation, statementOf, storageOf } from '../simulation';

interface World {
  readonly disk: MemoryDisk;
  readonly context: WriterContext;
  readonly ledger: Ledger;
}

/** A ledger whose commits have these numbers of entries. */
async function ledgerOf(counts: readonly number[]): Promise<World> {
  const disk = new MemoryDisk();
  const random = bytesOf(randomOf(42));
  const context = {
    storage: storageOf(disk),
    log: logKey,
    random,
    sleep: async () => undefined,
  };
  await writeEmptyLog(disk.files(), logKey, random);
  const ledger = await startLedger(context);
  let number = 0;
  for (const count of counts)
    await Promise.all(Array.from({ length: count }, () => ledger.append(statementOf(number++), deployer)));
  await ledger.flush();
  return { disk, context, ledger };
}

const audit = (disk: MemoryDisk, signatures = true): Promise<AuditReport> =>
  auditStorage(storageOf(disk), logKey, { signatures });

async function withFlip<T>(disk: MemoryDisk, path: string, bit: number, act: () => Promise<T>): Promise<T> {
  const file = disk.file(path);
  const before = file?.bytes ?? new Uint8Array();
  const after = before.slice();
  after[bit >> 3] = (after[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  if (file !== undefined) file.bytes = after;
  try {
    return await act();
  } finally {
    if (file !== undefined) file.bytes = before;
  }
}

/** Flips the bits, one after the other, and checks that the audit blames that file and no other. */
async function expectFlipsFound(
  disk: MemoryDisk,
  bits: Iterable<[path: string, bit: number]>,
): Promise<void> {
  for (const [path, bit] of bits) {
    const { findings } = await withFlip(disk, path, bit, () => audit(disk, false));
    const blamed = [...new Set(findings.map(({ file }) => file))];
    expect({
      path,
      bit,
      blamed: blamed.filter((file) => !path.startsWith(file)),
    }).toEqual({
      path,
      bit,
      blamed: [],
    });
    expect({ path, bit, found: blamed.length > 0 }).toEqual({
      path,
      bit,
      found: true,
    });
  }
}

function* bitOfEachByte(disk: MemoryDisk, random: () => number): Generator<[string, number]> {
  for (const path of disk.paths())
    for (let at = 0; at < (disk.file(path)?.bytes.length ?? 0); at += 1)
      yield [path, at * 8 + Math.floor(random() * 8)];
}

function* someBits(disk: MemoryDisk, count: number, random: () => number): Generator<[string, number]> {
  for (const path of disk.paths()) {
    const bitCount = 8 * (disk.file(path)?.bytes.length ?? 0);
    for (let flip = 0; flip < count && bitCount > 0; flip += 1) yield [path, Math.floor(random() * bitCount)];
  }
}

test('a sound ledger has no findings', async () => {
  const { disk } = await ledgerOf([1, 2, 300, 1]);
  const report = await audit(disk);
  expect(report).toMatchObject({
    size: 304,
    recordCount: 304,
    pendingCount: 0,
    findings: [],
    leftovers: [],
  });
  expect(report.fileCount).toBe(disk.paths().length);
});

test('a flipped bit in any byte of a small ledger is found, and its file is named', async () => {
  const { disk } = await ledgerOf([1, 2]);
  await expectFlipsFound(disk, bitOfEachByte(disk, randomOf(1)));
});

test('flipped bits in any file of a ledger with full tiles are found, and the file is named', async () => {
  const { disk } = await ledgerOf([1, 2, 300, 1, 256]);
  expect(disk.paths()).toEqual(
    expect.arrayContaining(['tile/0/000', 'tile/1/000.p/1', 'tile/entries/001', 'records/001']),
  );
  await expectFlipsFound(disk, someBits(disk, 4, randomOf(2)));
});

test('a file that is missing, cut short, lengthened or stray is found, and named', async () => {
  const { disk } = await ledgerOf([1, 2, 300]);
  for (const path of disk.paths()) {
    const file = disk.file(path);
    const bytes = file?.bytes ?? new Uint8Array();
    for (const change of [bytes.slice(0, -1), new Uint8Array([...bytes, 0]), new Uint8Array()]) {
      if (file === undefined || change.length === bytes.length) continue;
      file.bytes = change;
      const { findings } = await audit(disk, false);
      file.bytes = bytes;
      expect({
        path,
        blamed: findings.some((finding) => path.startsWith(finding.file)),
      }).toEqual({
        path,
        blamed: true,
      });
    }
  }
  for (const path of [
    'tile/0/005',
    'tile/9/000',
    'tile/0/001.p/200',
    'notes.txt',
    'commits/head-9',
    'records/000.p/300',
  ]) {
    const { disk: other } = await ledgerOf([3]);
    for (const folder of ['tile/9', 'tile/0/001.p', 'records/000.p']) await other.files().makeFolder(folder);
    await other.files().create(path, new Uint8Array(32));
    expect((await audit(other)).findings.map(({ file }) => file)).toEqual([path]);
  }
});

test('a file that the log cannot do without is missed', async () => {
  const { disk } = await ledgerOf([1, 2, 300]);
  const replaceable = disk.paths().filter((path) => /\.p\/[13]$/.test(path) && !path.startsWith('tile/1'));
  for (const path of disk.paths().filter((each) => !replaceable.includes(each))) {
    const { disk: other } = await ledgerOf([1, 2, 300]);
    await other.files().remove(path);
    const { findings } = await audit(other, false).catch((error: Error) => ({
      findings: [{ file: path, problem: error.message }],
    }));
    expect({
      path,
      blamed: findings.some(({ file }) => path.startsWith(file)),
    }).toEqual({
      path,
      blamed: true,
    });
  }
});

test('a record with a wrong signature is found, though tree and checkpoint are sound', async () => {
  const { disk, context } = await ledgerOf([1]);
  const { LedgerWriter } = await import('../../../../providers/provchain/log/writer');
  const { formatLeaf, leafOfEnvelope } = await import('../../../../providers/provchain/formats/leaf');
  const payload = Buffer.from('{}');
  const fields = leafOfEnvelope({ payload, signature: new Uint8Array(64) }, deployer.publicKey);
  await new LedgerWriter(context).append({
    fields,
    leaf: formatLeaf(fields),
    payload,
  });
  expect((await audit(disk)).findings).toEqual([
    { file: 'tile/entries', problem: 'entry 1 has a wrong signature' },
  ]);
});

test('a log whose entries were rewritten by one without its key is found', async () => {
  const [{ disk }, { disk: forged }] = [await ledgerOf([3]), await ledgerOf([1, 2])];
  const forgery = forged.file('checkpoint');
  const text = Buffer.from(forgery?.bytes ?? '')
    .toString()
    .replace('\n3\n', '\n2\n');
  if (forgery !== undefined) forgery.bytes = Buffer.from(text);
  expect((await audit(forged)).findings[0]).toMatchObject({
    file: 'checkpoint',
  });
  expect((await audit(disk)).findings).toEqual([]);
});

describe('right after a crash', () => {
  /** A process dies at the first rename after its commit won. */
  async function crashed(): Promise<MemoryDisk> {
    let isWon = false;
    const simulation = new Simulation({
      random: randomOf(3),
      judge: ({ call, path, number }) => {
        const verdict = isWon && call === 'rename' ? 'crash' : 'go';
        if (call === 'rename' && path.startsWith('commits/head-3') && number > 0) isWon = true;
        return verdict;
      },
    });
    await simulation.prepare();
    const append = async (): Promise<void> => {
      const ledger = await simulation.open(1);
      for (const number of [1, 2, 3]) await ledger.append(statementOf(number), deployer);
    };
    void append();
    await simulation.run();
    return simulation.disk;
  }

  test('the ledger is sound, and the last entry is pending', async () => {
    const report = await audit(await crashed());
    expect(report).toMatchObject({ size: 2, pendingCount: 1, findings: [] });
    expect(report.leftovers).not.toEqual([]);
  });

  test('flipped bits are found all the same', async () => {
    const disk = await crashed();
    const bits = [...someBits(disk, 8, randomOf(4))].filter(([path]) => !isLeftover(disk, path));
    await expectFlipsFound(disk, bits);
  });

  const isLeftover = (disk: MemoryDisk, path: string): boolean =>
    path.startsWith('tmp/') ||
    (/^commits\/[0-9a-f]/.test(path) &&
      disk.paths().every((each) => !each.includes(path.slice('commits/'.length, 72), 8)));
});

test('every file of a known ledger is pinned', async () => {
  const { disk } = await ledgerOf([1, 2, 300, 1]);
  const hash = createHash('sha256');
  for (const path of disk.paths()) hash.update(`${path} ${sha256(disk.file(path)?.bytes)}\n`);
  expect(disk.paths().filter((path) => !/^commits/.test(path))).toMatchInlineSnapshot(`
    [
      "checkpoint",
      "records/000",
      "records/001.p/3",
      "records/001.p/47",
      "records/001.p/48",
      "tile/0/000",
      "tile/0/001.p/3",
      "tile/0/001.p/47",
      "tile/0/001.p/48",
      "tile/1/000.p/1",
      "tile/entries/000",
      "tile/entries/001.p/3",
      "tile/entries/001.p/47",
      "tile/entries/001.p/48",
    ]
  `);
  expect(Buffer.from(disk.file('checkpoint')?.bytes ?? '').toString()).toMatchInlineSnapshot(`
    "provchain.localhost/5c29b78f
    304
    gbftctPe8/UNPRekmN8jqiDwxn48eQ3Caikq0ndgpfg=

    — provchain.localhost/5c29b78f /dkLamyfHK0HjB/f2kMU4EMbT2HwJjPvUEGWV8vk7t6Pumk1a9rVkhgB9RL/EsaV4epqmE88qdoIukQqpV8LlGLMSg4=
    "
  `);
  expect(hash.digest('hex')).toMatchInlineSnapshot(
    `"8e331d0e669ce4e44e8930ee494ed2181650e89166fac65ff07e3c2c56cf1b63"`,
  );
});

const sha256 = (bytes: Uint8Array = new Uint8Array()): string =>
  createHash('sha256').update(bytes).digest('hex');

describe('an edited ledger is noticed in ordinary use', () => {
  const edits = [
    ['a tile at the edge', 'tile/0/000.p/4'],
    ['the last bundle', 'tile/entries/000.p/4'],
    ['the last commit', 'commits/'],
  ];
  test.each(edits)('%s: by the next append, which adds nothing', async (_, start = '') => {
    const { disk, context } = await ledgerOf([3, 1]);
    const path = disk.paths().find((each) => each.startsWith(start)) ?? '';
    const before = disk.paths();
    const opening = withFlip(disk, path, 501, async () => {
      const ledger = await startLedger(context);
      await ledger.append(statementOf(77), deployer);
    });
    await expect(opening).rejects.toMatchObject({ code: 'ledger-damaged' });
    expect(disk.paths()).toEqual(before);
  });

  test('a payload: by whoever reads the record', async () => {
    const { disk, context } = await ledgerOf([3, 1]);
    const ledger = await startLedger(context);
    const { cid } = await ledger.append(statementOf(1), deployer, {
      once: true,
    });
    const finding = withFlip(disk, 'records/000.p/3', 4000, () => ledger.find(cid));
    await expect(finding).rejects.toThrow(`Cannot trust the ledger's "records/000.p/3"`);
  });

  test('a checkpoint that is set back: by a reader that saw the newer one', async () => {
    const { disk, ledger } = await ledgerOf([1]);
    const [oldCheckpoint, oldHead] = [
      disk.file('checkpoint')?.bytes,
      disk.paths().find((path) => path.startsWith('commits/head-')),
    ];
    await ledger.append(statementOf(5), deployer);
    expect((await ledger.checkpoint()).size).toBe(2);
    const newHead = disk.paths().find((path) => path.startsWith('commits/head-'));
    const file = disk.file('checkpoint');
    if (file !== undefined && oldCheckpoint !== undefined) file.bytes = oldCheckpoint;
    expect((await ledger.checkpoint()).size).toBe(2);
    await disk.files().rename(newHead ?? '', oldHead ?? '');
    await expect(ledger.checkpoint()).rejects.toThrow('set back to size 1, but it had 2');
  });
});
