/** `nexus audit` of a small real ledger, whole and damaged. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMeter, describeRate } from '../../cli/meter';
import { createProgress } from '../../cli/progress';
import { Desk } from './_io';
import { ledgerFolder, makeLedger } from './_ledger';

let desk: Desk;
beforeEach(async () => {
  desk = new Desk();
  await makeLedger(desk);
});
afterEach(() => desk.remove());

test('a sound ledger: what was checked, what held, and the root', async () => {
  const { code, out, err } = await desk.nexus('audit');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^ok {2}ledger {2}checkpoint {2}signed by provchain\.localhost\/\w{8}, over 9 records\n/,
  );
  expect(out).toContain('payload and signature of each of 9 records hold\n');
  expect(out).toMatch(
    /\n\nAll 3 checks hold\.\n\nRebuilt the root of 9 records in .*: it is the one that the log has signed\.\n {2}[0-9a-f]{64}\n$/,
  );
});

test('as JSON, with the root that the checkpoint has', async () => {
  const result = await desk.json<{ root: string; timeMs: number }>('audit');
  const [, , root = ''] = readFileSync(join(ledgerFolder(desk), 'checkpoint'), 'utf8').split('\n');
  expect(result).toMatchObject({ code: 0, holds: true, size: 9, recordCount: 9, findings: [] });
  expect(result.root).toBe(Buffer.from(root, 'base64').toString('hex'));
});

test('without signatures it says so', async () => {
  expect((await desk.nexus('audit', '--no-signatures')).out).toContain(
    'the payload of each of 9 records holds\n',
  );
});

test('a copy with a key kept elsewhere, and without one', async () => {
  const copy = join(desk.folder, 'copy/ledger');
  cpSync(ledgerFolder(desk), copy, { recursive: true });
  const key = ['--vkey', join(desk.stateDir, 'keys/log.pub')];
  expect(await desk.nexus('audit', '--ledger', 'copy/ledger', ...key)).toMatchObject({ code: 0 });
  expect(await desk.nexus('audit', '--ledger', 'copy/ledger')).toMatchObject({ code: 2 });
});

test('a damaged file is named, and the exit code is 3', async () => {
  const file = join(ledgerFolder(desk), 'tile/entries/000.p/9');
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(500) ^ 1, 500);
  writeFileSync(file, bytes);
  const { code, out } = await desk.nexus('audit');
  expect(code).toBe(3);
  expect(out).toMatch(/^FAILS {2}ledger {2}file {2}tile\/entries\/000\.p\/9: /);
  expect(out).toContain('not as the log has signed it.\n');
});

test('an aborted audit ends with 130', async () => {
  desk.controller.abort();
  expect(await desk.nexus('audit')).toEqual({ code: 130, out: '', err: 'nexus: Interrupted\n' });
});

test('the meter says how far it is, at what rate, and what remains', () => {
  expect(describeRate(0, 1000, 0)).toBe('0 of 1,000');
  expect(describeRate(250_000, 1_000_000, 2000)).toBe('250,000 of 1,000,000, 125,000 a second, 6.0 s left');
  const lines: string[] = [];
  let nowMs = 0;
  const sink = { write: (text: string) => lines.push(text), isTTY: true, columns: 80 };
  const meter = createMeter(createProgress(sink, false), () => nowMs);
  for (const [atMs, done] of [
    [0, 0],
    [50, 10],
    [200, 20],
    [210, 30],
  ] as const) {
    nowMs = atMs;
    meter('entries', done, 100);
  }
  expect(lines.map((line) => line.slice('\r\u001b[K'.length))).toEqual([
    'entries    0 of 100',
    'entries    20 of 100, 100 a second, 800 ms left',
  ]);
});
