/** `nexus verify` of logs that are not ours: by folder and over HTTP, sound, damaged, forked and hostile. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import {
  formatNote,
  formatVerifierKey,
  type NoteSigner,
  parseNote,
  signingKeyFromSeed,
} from '../../providers/provchain';
import { signCheckpoint } from '../../providers/provchain/formats/checkpoint';
import { cosign, formatCosignerKey } from '../../providers/provchain/formats/cosignature';
import { type Files, linesOf, makeForeignLog } from '../providers/provchain/foreign-log';
import { logKey } from '../providers/provchain/simulation';
import { Desk } from './_io';

const vkey = formatVerifierKey(logKey);
const stranger = formatVerifierKey(signingKeyFromSeed(new Uint8Array(32).fill(3), 'log'));

let desk: Desk;
let server: Server | undefined;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  desk.remove();
});

function lay(files: Files, folder = 'log'): void {
  rmSync(join(desk.folder, folder), { recursive: true, force: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(desk.folder, folder, path)), { recursive: true });
    writeFileSync(join(desk.folder, folder, path), bytes);
  }
}

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/log`;
}

const serveFiles = (files: Files): Promise<string> =>
  serve(({ url = '' }, response) => {
    const bytes = files.get(url.replace(/^\/log\//, ''));
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });

const log = (count: number, isGo = false): Files => makeForeignLog(linesOf(count), logKey, isGo);

test.each([false, true])('a folder, in words, Go layout: %s', async (isGo) => {
  lay(log(1000, isGo));
  const { code, out, err } = await desk.nexus('verify', 'log', '--vkey', vkey);
  expect(out).toBe(
    [
      `ok  ${logKey.name}  checkpoint  signed by ${logKey.name}, over 1,000 entries`,
      `ok  ${logKey.name}  entries     the root was rebuilt from all 1,000 entries, and is the one that was signed`,
      '',
      'All 2 checks hold.',
      '',
    ].join('\n'),
  );
  expect([code, err]).toEqual([0, '']);
});

test('an address, whole and by sample', async () => {
  const url = await serveFiles(log(3000));
  expect(await desk.nexus('verify', url, '--vkey', vkey)).toMatchObject({ code: 0 });
  const { code, out } = await desk.nexus('verify', url, '--vkey', vkey, '--sample', '5');
  expect(out).toContain('5 inclusion proofs of entries that chance picked hold, of 3,000');
  expect(code).toBe(0);
  expect(await desk.nexus('audit', '--ledger', url, '--vkey', vkey)).toMatchObject({ code: 0 });
});

test('a log that the key did not sign, a changed entry and a missing tile do not hold', async () => {
  const files = log(600);
  const url = await serveFiles(files);
  expect(await desk.nexus('verify', url, '--vkey', stranger)).toMatchObject({
    code: 3,
    out: expect.stringContaining(`signed by "${logKey.name}", expected`),
  });
  expect(await desk.nexus('verify', url, '--vkey', stranger, '--vkey', vkey)).toMatchObject({ code: 0 });
  const bundle = Buffer.from(files.get('tile/entries/001') ?? '');
  bundle.writeUInt8(bundle.readUInt8(40) ^ 4, 40);
  files.set('tile/entries/001', bundle);
  files.delete('tile/0/000');
  const { code, out } = await desk.nexus('verify', url, '--vkey', vkey);
  expect(out).toMatch(/FAILS .* tile\/entries\/001: entry 25\d is not the one that the log has signed\n/);
  expect(out).toMatch(/FAILS .* tile\/0\/000: missing\n/);
  expect([code, out]).toEqual([3, expect.stringContaining('2 of 3 checks do not hold')]);
});

test('--remember keeps a checkpoint, and a log that was set back or forked is caught and not remembered', async () => {
  const verify = (files: Files) => {
    lay(files);
    return desk.nexus('verify', 'log', '--vkey', vkey, '--remember', 'seen');
  };
  expect(await verify(log(300))).toMatchObject({ code: 0, out: expect.not.stringContaining('history') });
  const seen = readFileSync(join(desk.folder, 'seen'), 'utf8');
  expect(seen).toContain('\n300\n');
  const back = await verify(log(299));
  expect([back.code, back.out]).toEqual([3, expect.stringContaining('set back to size 299, but it had 300')]);
  const forked = await verify(makeForeignLog(linesOf(400).reverse(), logKey));
  expect([forked.code, forked.out]).toEqual([
    3,
    expect.stringContaining('does not begin with the 300 entries'),
  ]);
  expect(readFileSync(join(desk.folder, 'seen'), 'utf8')).toBe(seen);
  expect(await verify(log(700))).toMatchObject({
    code: 0,
    out: expect.stringContaining('extends the checkpoint of 300 entries that was seen before'),
  });
  expect(readFileSync(join(desk.folder, 'seen'), 'utf8')).toContain('\n700\n');
});

test('--since compares and remembers nothing', async () => {
  desk.write({ 'old.txt': Buffer.from(log(5).get('checkpoint') ?? '').toString() });
  lay(log(9));
  const { code, out } = await desk.nexus('verify', 'log', '--vkey', vkey, '--since', 'old.txt');
  expect([code, out]).toEqual([0, expect.stringContaining('extends the checkpoint of 5 entries')]);
});

test('--policy names the log, and asks for witnesses', async () => {
  lay(log(9));
  desk.write({
    'known.policy': `log ${vkey}\nquorum none\n`,
    'strange.policy': `log ${stranger}\nquorum none\n`,
  });
  expect(await desk.nexus('verify', 'log', '--policy', 'known.policy')).toMatchObject({ code: 0 });
  expect(await desk.nexus('verify', 'log', '--policy', 'strange.policy')).toMatchObject({ code: 3 });
});

test('of two witnesses both must have cosigned, when the policy says so', async () => {
  const [north, south] = [20, 21].map((seed) => {
    const { sign, publicKey } = signingKeyFromSeed(new Uint8Array(32).fill(seed), 'log');
    return { name: `witness.example/${seed}`, publicKey, sign };
  });
  if (north === undefined || south === undefined) throw new Error('no witness');
  const files = log(9);
  const note = parseNote(files.get('checkpoint') ?? new Uint8Array());
  const cosignedBy = (...witnesses: NoteSigner[]): Files => {
    const lines = witnesses.map((witness) => cosign(note.text, witness, 1_700_000_000n));
    const cosigned = formatNote({ ...note, signatures: [...note.signatures, ...lines] });
    return new Map(files).set('checkpoint', Buffer.from(cosigned));
  };
  desk.write({
    policy: [
      `log ${vkey}`,
      `witness north ${formatCosignerKey(north)}`,
      `witness south ${formatCosignerKey(south)}`,
      'group both all north south',
      'quorum both\n',
    ].join('\n'),
  });
  lay(cosignedBy(north));
  const one = await desk.nexus('verify', 'log', '--policy', 'policy');
  expect([one.code, one.out]).toEqual([3, expect.stringContaining('1 of 2 witnesses cosigned (north)')]);
  lay(cosignedBy(south, north));
  const two = await desk.nexus('verify', 'log', '--policy', 'policy');
  expect([two.code, two.out]).toEqual([
    0,
    expect.stringContaining(`signed by ${logKey.name} and north and south`),
  ]);
});

test('without a key, without a log, and with a key that is none', async () => {
  lay(log(9));
  expect(await desk.nexus('verify', 'log')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--vkey'),
  });
  expect(await desk.nexus('verify', 'log', '--vkey', 'nonsense')).toMatchObject({ code: 2 });
  expect(await desk.nexus('verify', 'http://user@127.0.0.1/', '--vkey', vkey)).toMatchObject({ code: 2 });
  const nothing = await serveFiles(new Map());
  expect(await desk.nexus('verify', nothing, '--vkey', vkey)).toMatchObject({
    code: 1,
    err: expect.stringContaining('neither "checkpoint" nor "latest" is there'),
  });
});

test('a server that gives more than a file can have is cut off', async () => {
  const files = log(600);
  const url = await serve(({ url: path = '' }, response) => {
    const bytes = files.get(path.replace(/^\/log\//, ''));
    if (!path.includes('entries')) return response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    const feed = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
      response.once('drain', feed);
    };
    return feed();
  });
  const { code, out } = await desk.nexus('verify', url, '--vkey', vkey);
  expect(code).toBe(3);
  expect(out).toMatch(/FAILS .* bytes or more, expected at most 16777472\n/);
});

test('a signed size of 2^53 - 1 is refused at once, and by sample after a few reads', async () => {
  const note = signCheckpoint({ size: Number.MAX_SAFE_INTEGER, root: new Uint8Array(32) }, logKey);
  lay(new Map([['checkpoint', Buffer.from(note)]]));
  expect(await desk.nexus('verify', 'log', '--vkey', vkey)).toMatchObject({
    code: 1,
    err: expect.stringContaining('--sample'),
  });
  expect(await desk.nexus('verify', 'log', '--vkey', vkey, '--sample', '9')).toMatchObject({ code: 3 });
});

test('pipes, devices and folders in place of files are damage', async () => {
  lay(log(600));
  const at = (path: string): string => join(desk.folder, 'log', path);
  rmSync(at('tile/entries/000'));
  execFileSync('mkfifo', [at('tile/entries/000')]);
  rmSync(at('tile/entries/001'));
  execFileSync('ln', ['-s', '/dev/zero', at('tile/entries/001')]);
  rmSync(at('tile/0/001'));
  mkdirSync(at('tile/0/001'));
  const { code, out } = await desk.nexus('verify', 'log', '--vkey', vkey);
  expect(code).toBe(3);
  for (const path of ['tile/entries/000', 'tile/0/001']) expect(out).toContain(`${path}: not a regular file`);
});

test('what a hostile log calls itself moves no cursor', async () => {
  const name = 'log\u009b2J';
  const evil = { ...logKey, name };
  lay(makeForeignLog(linesOf(2), evil));
  const { out } = await desk.nexus('verify', 'log', '--vkey', formatVerifierKey(evil));
  expect(out).not.toContain('\u009b');
});

test('our own ledger is audited, and any option of this check asks for this one', async () => {
  const { makeLedger } = await import('./_ledger');
  await makeLedger(desk);
  expect((await desk.nexus('verify', 'ledger')).out).toContain('payload and signature of each');
  const { code, out } = await desk.nexus('verify', 'ledger', '--remember', 'seen');
  expect([code, out]).toEqual([0, expect.stringContaining('the root was rebuilt from all 9 entries')]);
  expect(readFileSync(join(desk.folder, 'seen'), 'utf8')).toContain('\n9\n');
});
