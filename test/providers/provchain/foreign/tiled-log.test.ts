/** Logs of others, sound, damaged and hostile. What Go's own packages write is tried in test/e2e/foreign-log.test.ts. */
import * as fc from 'fast-check';
import {
  type LogSource,
  type NoteVerifier,
  signingKeyFromSeed,
  type TiledLogOptions,
  type TiledLogReport,
  verifyTiledLog,
} from '../../../../providers/provchain';
import { parseRecordData } from '../../../../providers/provchain/foreign/sumdb-data';
import { formatBundle } from '../../../../providers/provchain/formats/bundle';
import { signCheckpoint } from '../../../../providers/provchain/formats/checkpoint';
import { signNote } from '../../../../providers/provchain/formats/note';
import { type Files, linesOf, makeForeignLog } from '../foreign-log';
import { logKey, randomOf } from '../simulation';

const other = signingKeyFromSeed(new Uint8Array(32).fill(3), 'log');

/** Counts what is asked for, and minds the bounds as a real source does. */
class CountingSource implements LogSource {
  readCount = 0;
  constructor(readonly files: Files) {}
  readonly read = async (path: string, sizeBytesMax: number): Promise<Uint8Array | undefined> => {
    this.readCount += 1;
    const bytes = this.files.get(path);
    expect(bytes === undefined || bytes.length <= sizeBytesMax).toBe(true);
    return bytes;
  };
}

function verify(
  files: Files,
  options: Partial<TiledLogOptions> = {},
  verifiers: readonly NoteVerifier[] = [logKey],
): Promise<TiledLogReport> {
  return verifyTiledLog(new CountingSource(files), { verifiers, chance: randomOf(1), ...options });
}

const copyOf = (files: Files): Files => new Map(files);

test.each([0, 1, 2, 255, 256, 257, 511, 1000])(
  'a log of %d entries holds, in either layout',
  async (size) => {
    for (const isGo of [false, true]) {
      const report = await verify(makeForeignLog(linesOf(size), logKey, isGo));
      expect(report).toMatchObject({
        layout: isGo ? 'sumdb' : 'c2sp',
        signedBy: [logKey.name],
        entryCount: size,
        isSample: false,
        findings: [],
      });
      expect(report.checkpoint.size).toBe(size);
    }
  },
);

test('entries may be any bytes, of no length and of the greatest', async () => {
  const entries = [new Uint8Array(), new Uint8Array(65_535).fill(7), new Uint8Array([0, 10, 10, 0])];
  expect(await verify(makeForeignLog(entries, logKey))).toMatchObject({ entryCount: 3, findings: [] });
});

test('one flipped bit in any file is found, and the file is named', async () => {
  const sound = makeForeignLog(linesOf(600), logKey);
  const paths = [...sound.keys()].filter((path) => path !== 'checkpoint');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), async (path, seed) => {
      const files = copyOf(sound);
      const bytes = Uint8Array.from(files.get(path) ?? []);
      const bit = seed % (bytes.length * 8);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      files.set(path, bytes);
      const { findings } = await verify(files);
      expect(findings.length).toBeGreaterThan(0);
      // The last tiles of all levels give the root together: which of them is wrong cannot be told.
      const isEdge = path.includes('.p/') && !path.includes('entries');
      expect(findings[0]?.file).toBe(isEdge ? 'tile' : path);
    }),
  );
});

test('a file that is missing is named, and a full tile serves for a partial one', async () => {
  const files = makeForeignLog(linesOf(600), logKey);
  const larger = makeForeignLog(linesOf(768), logKey);
  files.delete('tile/entries/001');
  expect((await verify(files)).findings).toEqual([{ file: 'tile/entries/001', problem: 'missing' }]);
  const grown = makeForeignLog(linesOf(600), logKey);
  for (const path of ['tile/0/002', 'tile/entries/002']) {
    grown.delete(`${path}.p/88`);
    grown.set(path, larger.get(path) ?? new Uint8Array());
  }
  expect(await verify(grown)).toMatchObject({ entryCount: 600, findings: [] });
});

test('of a log without entries only the hashes are checked, when that is asked for', async () => {
  const files = makeForeignLog(linesOf(300), logKey);
  for (const path of [...files.keys()]) if (path.includes('entries')) files.delete(path);
  expect((await verify(files)).findings).toHaveLength(2);
  expect(await verify(files, { hashesOnly: true })).toMatchObject({ entryCount: 300, findings: [] });
});

test('the key must be the one of the log, and one of several is enough', async () => {
  const files = makeForeignLog(linesOf(3), logKey);
  await expect(verify(files, {}, [other])).rejects.toThrow('Cannot open a signed note: signed by');
  expect(await verify(files, {}, [other, logKey])).toMatchObject({ signedBy: [logKey.name], findings: [] });
  await expect(verify(new Map())).rejects.toThrow('neither "checkpoint" nor "latest" is there');
});

test("the origin is the key's name, Go's, or the one that is named", async () => {
  const files = makeForeignLog(linesOf(1), logKey);
  const note = Buffer.from(files.get('checkpoint') ?? '').toString();
  const withOrigin = (origin: string): Files =>
    files.set(
      'checkpoint',
      Buffer.from(signNote(`${origin}\n${note.split('\n').slice(1, 3).join('\n')}\n`, logKey)),
    );
  expect((await verify(withOrigin('go.sum database tree'))).findings).toEqual([]);
  await expect(verify(withOrigin('example.org/other'))).rejects.toThrow(
    `its origin is "example.org/other", expected "${logKey.name}"`,
  );
  expect((await verify(files, { origin: 'example.org/other' })).findings).toEqual([]);
});

test('a sample reads no more than it needs', async () => {
  const source = new CountingSource(makeForeignLog(linesOf(20_000), logKey));
  const report = await verifyTiledLog(source, { verifiers: [logKey], chance: randomOf(5), sampleCount: 10 });
  expect(report).toMatchObject({ entryCount: 10, isSample: true, findings: [] });
  expect(source.readCount).toBeLessThan(60);
  expect(await verify(makeForeignLog(linesOf(5), logKey), { sampleCount: 10 })).toMatchObject({
    entryCount: 5,
    isSample: false,
  });
});

test('a sample finds a log of which half the entries were changed', async () => {
  const files = makeForeignLog(linesOf(2560), logKey);
  for (let index = 0; index < 10; index += 2)
    files.set(`tile/entries/00${index}`, formatBundle(linesOf(256).reverse()));
  const { findings } = await verify(files, { sampleCount: 40 });
  expect(findings[0]?.problem).toMatch(/^entry \d+ is not the one that the log has signed$/);
});

test('a log that extends an older checkpoint, that was set back, and that was rewritten', async () => {
  const seen = makeForeignLog(linesOf(300), logKey).get('checkpoint') ?? new Uint8Array();
  expect(await verify(makeForeignLog(linesOf(700), logKey), { since: seen })).toMatchObject({
    since: 300,
    findings: [],
  });
  const back = await verify(makeForeignLog(linesOf(299), logKey), { since: seen });
  expect(back.findings).toEqual([{ file: 'checkpoint', problem: 'set back to size 299, but it had 300' }]);
  const forked = await verify(makeForeignLog([new Uint8Array([1]), ...linesOf(700)], logKey), {
    since: seen,
  });
  expect(forked.findings).toEqual([
    { file: 'checkpoint', problem: 'its log does not begin with the 300 entries that were there' },
  ]);
  const stranger = makeForeignLog(linesOf(3), other).get('checkpoint') ?? new Uint8Array();
  await expect(verify(makeForeignLog(linesOf(700), logKey), { since: stranger })).rejects.toThrow(
    'signed by',
  );
});

test('a signed size of 2^53 - 1 costs nothing but the edge', async () => {
  const size = Number.MAX_SAFE_INTEGER;
  const note = Buffer.from(signCheckpoint({ size, root: new Uint8Array(32) }, logKey));
  const source = new CountingSource(new Map([['checkpoint', note]]));
  const options = { verifiers: [logKey], chance: randomOf(1) };
  await expect(verifyTiledLog(source, options)).rejects.toThrow('are checked one by one');
  expect(source.readCount).toBeLessThan(5);
  const report = await verifyTiledLog(source, { ...options, sampleCount: 1000 });
  expect(report.findings).toHaveLength(1);
  expect(source.readCount).toBeLessThan(40);
});

test('a log that answers anything at all is refused in a bounded number of reads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 100_000 }),
      fc.uint8Array({ maxLength: 9000 }),
      async (size, bytes) => {
        const note = Buffer.from(signCheckpoint({ size, root: new Uint8Array(32) }, logKey));
        let readCount = 0;
        const read = async (path: string): Promise<Uint8Array> => {
          readCount += 1;
          return path === 'checkpoint' ? note : bytes;
        };
        const report = await verifyTiledLog({ read }, { verifiers: [logKey], chance: randomOf(1) });
        expect(report.findings).toHaveLength(1);
        expect(readCount).toBeLessThan(20);
      },
    ),
  );
});

test('no more findings are gathered than a person reads', async () => {
  const files = makeForeignLog(linesOf(256 * 40), logKey);
  for (const path of [...files.keys()]) if (path.includes('entries')) files.delete(path);
  expect((await verify(files)).findings).toHaveLength(20);
});

test('an interrupted check ends with the reason', async () => {
  const controller = new AbortController();
  const onProgress = (done: number): void => {
    if (done > 1000) controller.abort(new Error('enough'));
  };
  const files = makeForeignLog(linesOf(5000), logKey);
  await expect(verify(files, { onProgress, signal: controller.signal })).rejects.toThrow('enough');
});

test('a log whose files come too slowly is given up', async () => {
  const files = makeForeignLog(linesOf(20_000), logKey);
  const read = async (path: string) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return files.get(path);
  };
  await expect(
    verifyTiledLog({ read }, { verifiers: [logKey], chance: randomOf(1), timeMsMax: 50 }),
  ).rejects.toThrow('Cannot check the log of 20,000 entries: its files come too slowly');
});

test("the records of Go's database: canonical numbers, no empty text, whatever the bytes are", () => {
  const text = (bytes: readonly Uint8Array[] | undefined) =>
    bytes?.map((each) => Buffer.from(each).toString());
  expect(text(parseRecordData(Buffer.from('7\na b\n\n8\nc\nd\n\n'), 7))).toEqual(['a b\n', 'c\nd\n']);
  for (const wrong of ['8\na\n\n', '7\na\n', '7\n\n\n', '07\na\n\n', '7\na\n\n7\nb\n\n', 'x'])
    expect(parseRecordData(Buffer.from(wrong), 7)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      parseRecordData(bytes, 0);
    }),
  );
});
