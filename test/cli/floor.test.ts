/** `nexus floor`: what may be deployed, and what rollback and verify say of it. */
import { openClient } from '../../providers/nexus';
import { Desk } from './_io';
import { image, makeLedger, type Records, recordRelease } from './_ledger';

let desk: Desk;
let records: Records;
let second: string;
let third: string;
beforeEach(async () => {
  desk = new Desk();
  records = await makeLedger(desk);
  // Releases of one name, each another by its nodes.
  second = await recordRelease(records.client, 'first', ['n-0']);
  third = await recordRelease(records.client, 'first', ['n-1'], image);
});
afterEach(() => desk.remove());

interface Floors {
  readonly floors: readonly { name: string; release: string; index: number; reason: string | null }[];
}

test('no floor stands at first; a raised one is listed with its reason', async () => {
  expect((await desk.nexus('floor')).out).toBe('No floor stands: every release may be deployed.\n');
  const { code, out } = await desk.nexus('floor', 'raise', second, '--reason', 'hole in n');
  expect([code, out]).toEqual([
    0,
    `Nothing of "first" that is older than release ${second} may be deployed any more.\n`,
  ]);
  expect(await desk.json<Floors>('floor', 'list')).toMatchObject({
    code: 0,
    floors: [{ name: 'first', release: second, index: 11, reason: 'hole in n' }],
  });
  expect((await desk.nexus('log', '--kind', 'floor')).out).toMatch(
    /nothing older than release bafkrei….{6} at .*: hole in n/,
  );
});

test('it only rises: to raise it to the same release changes nothing, to an older one is refused', async () => {
  await desk.nexus('floor', 'raise', second);
  expect(await desk.json('floor', 'raise', second)).toMatchObject({ code: 0, raised: false });
  const { code, err } = await desk.nexus('floor', 'raise', records.release);
  expect([code, err]).toEqual([1, expect.stringContaining('Cannot lower the floor of "first"')]);
  expect(await desk.json('floor', 'raise', third)).toMatchObject({ code: 0, raised: true });
  expect(await desk.json<Floors>('floor')).toMatchObject({ floors: [{ release: third }] });
  expect((await desk.json<{ records: unknown[] }>('log', '--kind', 'floor')).records).toHaveLength(2);
});

test('what is no release of the deployer is refused, and nothing is written', async () => {
  for (const argv of [
    ['raise'],
    ['raise', image],
    ['raise', records.artifact],
    ['lower', second],
    ['list', second],
  ])
    expect((await desk.nexus('floor', ...argv)).code).toBe(2);
  expect((await desk.json<{ records: unknown[] }>('log')).records).toHaveLength(11);
});

test('verify says of a node whether its release is below the floor', async () => {
  const floorOf = async () => {
    const { checks } = await desk.json<{ checks: { name: string; ok: boolean; detail: string }[] }>(
      'verify',
      'n-0',
    );
    return checks.filter(({ name }) => name === 'floor');
  };
  expect(await floorOf()).toEqual([]);
  await desk.nexus('floor', 'raise', records.release);
  expect(await floorOf()).toMatchObject([
    { ok: true, detail: expect.stringContaining('not older than release') },
  ]);
  await desk.nexus('floor', 'raise', second);
  expect(await floorOf()).toMatchObject([
    {
      ok: false,
      detail: expect.stringMatching(
        /^its release .* is older than release .*, the lowest that record 12 allows$/,
      ),
    },
  ]);
});

test('a floor of a key that was replaced before counts for nothing', async () => {
  await desk.nexus('keys', 'rotate', 'deployer');
  // This client was opened before: it signs with the old key.
  await records.client.record('floor', { release: second, at: '2026-01-31T12:00:00.000Z' });
  expect(await desk.json<Floors>('floor')).toMatchObject({ floors: [] });
  const { judge } = await openClient(desk.stateDir, desk.io().environment);
  expect((await judge()).floors.floorAbove(records.release)).toBeUndefined();
});
