/** `nexus log` by time and release, and while records come. */
import { Desk } from './_io';
import { makeLedger, type Records, recordRelease } from './_ledger';

let desk: Desk;
let records: Records;
let second: string;
const days = ['2026-01-01', '2026-01-02', '2026-01-03'];

/** Nine records without a time, then a release and a rollback on each of three days, and one release more. */
beforeEach(async () => {
  desk = new Desk();
  records = await makeLedger(desk);
  second = await recordRelease(records.client, 'second', ['n-0']);
  for (const day of days) {
    await recordRelease(records.client, `of-${day}`, ['n-0']);
    await records.client.record('rollback', {
      from: second,
      to: records.release,
      at: `${day}T12:00:00.000Z`,
    });
  }
  await recordRelease(records.client, 'last', ['n-0']);
});
afterEach(() => desk.remove());

interface Shown {
  readonly index: number;
  readonly kind: string;
}
const indexes = async (...argv: string[]): Promise<number[]> =>
  (await desk.json<{ records: readonly Shown[] }>('log', ...argv)).records.map(({ index }) => index);
const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

test('a record that states no time has that of the next one that does, and the last ones have now', async () => {
  expect(await indexes('--since', '2026-01-03', '--reverse')).toEqual([14, 15, 16]);
  expect(await indexes('--since', '2026-01-02T12:00:00Z', '--reverse')).toEqual(from(12, 16));
  expect(await indexes('--until', '2026-01-01', '--reverse')).toEqual([]);
  expect(await indexes('--until', '2026-01-02', '--reverse')).toEqual(from(0, 11));
  expect(await indexes('--since', '2026-01-02', '--until', '2026-01-02T23:59', '--reverse')).toEqual([
    12, 13,
  ]);
  expect(await indexes('--since', '1s')).toEqual([16]);
});

test('both directions and -n agree on what is shown', async () => {
  for (const bounds of [
    ['--since', '2026-01-02'],
    ['--until', '2026-01-02T20:00'],
    ['--until', '2026-01-01'],
  ]) {
    const newestFirst = await indexes(...bounds);
    expect(await indexes(...bounds, '--reverse')).toEqual(newestFirst.toReversed());
    expect(await indexes(...bounds, '-n', '100', '--reverse')).toEqual(newestFirst.toReversed());
    expect(await indexes(...bounds, '-n', '2')).toEqual(newestFirst.slice(0, 2));
  }
});

test('a release, and what was done with it', async () => {
  const kinds = async (cid: string): Promise<string[]> =>
    (await desk.json<{ records: readonly Shown[] }>('log', '--release', cid)).records.map(({ kind }) => kind);
  expect(await kinds(second)).toEqual(['rollback', 'rollback', 'rollback', 'release']);
  expect(await kinds(records.release)).toEqual([
    ...['rollback', 'rollback', 'rollback'],
    ...['deployment', 'boot', 'deployment', 'boot', 'release'],
  ]);
});

test.each(['2', 'yesterday', '2026-13-01', '2h30m', ''])('%j is no time', async (time) => {
  const { code, err } = await desk.nexus('log', '--since', time);
  expect(code).toBe(2);
  expect(err).toContain('expected a time like 2h, 2026-01-31');
});

/** Waits until the running verb has printed that many lines. */
async function untilLines(count: number): Promise<void> {
  for (let attempt = 0; desk.out.split('\n').length <= count; attempt += 1) {
    if (attempt > 400) throw new Error(`only printed: ${desk.out}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('--follow shows the last ones and then each one as it comes, as JSON lines, until Ctrl-C', async () => {
  const running = desk.nexus('log', '--follow', '-n', '2', '--kind', 'release', '--json');
  await untilLines(2);
  await recordRelease(records.client, 'new', ['n-1']);
  await records.client.record('rollback', {
    from: second,
    to: records.release,
    at: '2026-01-09T12:00:00.000Z',
  });
  await recordRelease(records.client, 'newer', ['n-1']);
  await untilLines(4);
  desk.controller.abort();
  const { code, out, err } = await running;
  const names = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).statement.predicate.name);
  expect(names).toEqual(['of-2026-01-03', 'last', 'new', 'newer']);
  expect([code, err]).toEqual([130, '']);
});

test('--follow prints rows under one head, and goes with no --until and no --reverse', async () => {
  const running = desk.nexus('log', '-f', '-n', '1');
  await untilLines(2);
  await recordRelease(records.client, 'new', ['n-1']);
  await untilLines(3);
  desk.controller.abort();
  expect((await running).out.split('\n').map((line) => line.slice(0, 14))).toEqual([
    'index  kind   ',
    '   16  release',
    '   17  release',
    '',
  ]);
  desk.controller = new AbortController();
  for (const other of [['--reverse'], ['--until', '2026-01-01']])
    expect((await desk.nexus('log', '-f', ...other)).code).toBe(2);
});

test('a long ledger is read a bundle at a time, and no further than is asked', async () => {
  const { client } = records;
  await Promise.all(
    Array.from({ length: 260 }, (_, number) => recordRelease(client, `r-${number}`, ['n-0'])),
  );
  expect(await indexes('-n', '3')).toEqual([276, 275, 274]);
  expect((await indexes('--kind', 'release')).length).toBe(266);
  expect(await indexes('--reverse')).toEqual(from(0, 276));
});
