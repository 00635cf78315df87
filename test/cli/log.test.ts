/** `nexus log` over a small real ledger. */

import { Desk } from './_io';
import { image, makeLedger, type Records } from './_ledger';

let desk: Desk;
let records: Records;
beforeAll(async () => {
  desk = new Desk();
  records = await makeLedger(desk);
});
afterAll(() => desk.remove());

interface Log {
  readonly records: readonly { index: number; cid: string; kind: string; about: string; signer: string }[];
}
const kinds = async (...argv: string[]): Promise<string[]> =>
  (await desk.json<Log>('log', ...argv)).records.map(({ kind }) => kind);

test('the newest record comes first, each with its whole CID', async () => {
  const { code, out, err } = await desk.nexus('log');
  expect([code, err]).toEqual([0, '']);
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[0]).toMatch(/^index {2}kind {16}CID {58}what it says$/);
  expect(lines[1]).toMatch(/^ {4}8 {2}deployment {10}bafkrei[a-z2-7]{52} {2}n-1 deployed, release bafkrei…/);
  expect(lines.at(-1)).toMatch(/^ {4}0 {2}key {17}bafk.* {2}key of the deployer$/);
});

test('--reverse, -n and --kind', async () => {
  const all = ['key', 'artifact', 'release', 'key', 'boot', 'deployment', 'key', 'boot', 'deployment'];
  expect(await kinds('--reverse')).toEqual(all);
  expect(await kinds('-n', '2')).toEqual(['deployment', 'boot']);
  expect(await kinds('-n', '2', '--reverse')).toEqual(['boot', 'deployment']);
  expect(await kinds('--kind', 'boot')).toEqual(['boot', 'boot']);
  expect(await kinds('--kind', 'rollback')).toEqual([]);
});

test('--node finds what is about a node', async () => {
  expect(await kinds('--node', 'n-1')).toEqual(['deployment', 'boot', 'key', 'release']);
  expect((await desk.nexus('log', '--node', 'n-7')).out).toBe('The ledger has no such record.\n');
});

test('--cid finds what speaks of an image or a release', async () => {
  expect(await kinds('--cid', image)).toEqual([
    'deployment',
    'boot',
    'deployment',
    'boot',
    'release',
    'artifact',
  ]);
  expect(await kinds('--cid', records.release)).toEqual([
    'deployment',
    'boot',
    'deployment',
    'boot',
    'release',
  ]);
});

test('one record whole, with who signed it', async () => {
  const { out } = await desk.nexus('log', records.boots['n-0'] ?? '');
  expect(out).toContain('signed by  node n-0\n');
  expect(out).toContain('"predicateType": "https://factory.nexus.internal/provchain/boot/v1"');
  const { record } = await desk.json<{ record: { cid: string; signedBy: string } }>('log', records.release);
  expect(record).toMatchObject({ cid: records.release, kind: 'release', signedBy: 'the deployer' });
});

test('a CID that is none, and one that the ledger does not have', async () => {
  expect(await desk.nexus('log', 'bafk')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Cannot read CID "bafk"'),
  });
  expect(await desk.nexus('log', image)).toMatchObject({
    code: 1,
    err: expect.stringContaining(`nexus log --cid ${image}`),
  });
});

test('a state folder without a ledger is one clear error, and stays as it is', async () => {
  const empty = new Desk();
  const { code, err } = await empty.nexus('log');
  expect([code, err]).toEqual([2, expect.stringContaining('Cannot read the ledger of')]);
  expect(await empty.nexus('status')).toMatchObject({ code: 0 });
  empty.remove();
});
