/** A log that collects cosignatures, from real servers on the loopback. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkPolicy,
  cosign,
  createCollector,
  formatCosignatureLines,
  parseAddCheckpoint,
  parseNote,
  serveWitness,
  Witness,
  type WitnessServer,
} from '../../../../providers/provchain';
import { policyOf, WordLog, witnessKeyOf, wordsOf } from '../witness-rig';

const home = mkdtempSync(join(tmpdir(), 'witness-client-'));
const log = new WordLog(wordsOf(30));
const fork = new WordLog([...wordsOf(4), ...wordsOf(26, 'other')]);
const ends: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(ends.map((end) => end()));
  rmSync(home, { recursive: true, force: true });
});

async function startWitness(
  number: number,
  folder = mkdtempSync(join(home, 'witness-')),
): Promise<WitnessServer> {
  const witness = await Witness.open({
    folder,
    cosigner: witnessKeyOf(number),
    logs: [log.key],
    clock: Date.now,
    report: () => undefined,
  });
  const server = await serveWitness({ witness, listen: '127.0.0.1:0' });
  ends.push(server.close);
  return server;
}

type Answer = (
  body: Uint8Array,
) => { readonly status: number; readonly type?: string; readonly body: string } | undefined;

/** A witness that answers as it likes, or never. */
async function startLiar(answer: Answer): Promise<string> {
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const said = answer(Buffer.concat(parts));
      if (said === undefined) return;
      response.writeHead(said.status, { 'content-type': said.type ?? 'text/plain' });
      response.end(said.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Nobody listens there any more. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

type Collect = ReturnType<typeof createCollector>;
const collectorOf = (urls: readonly (string | undefined)[], timeoutMs = 400): Collect =>
  createCollector({ policy: policyOf(log.key, urls), timeoutMs });
const collect = (collector: Collect, size: number, of: WordLog = log): Promise<string> =>
  collector(of.checkpoint(size), { size, root: of.root(size) }, (from) => of.prove(from, size));
const witnessesOf = (note: string): string[] =>
  checkPolicy(Buffer.from(note), policyOf(log.key)).witnessedBy.map(({ name }) => name);

test('all witnesses cosign one checkpoint after the other, and a new process finds out what they know', async () => {
  const urls = (await Promise.all([0, 1, 2].map((number) => startWitness(number)))).map(({ url }) => url);
  const collector = collectorOf(urls);
  for (const size of [0, 1, 5, 5, 17]) {
    const note = await collect(collector, size);
    expect(witnessesOf(note)).toEqual(['north', 'south', 'east']);
    expect(parseNote(Buffer.from(note)).text).toBe(parseNote(Buffer.from(log.checkpoint(size))).text);
  }
  expect(witnessesOf(await collect(collectorOf(urls), 30))).toEqual(['north', 'south', 'east']);
});

test('two of three are enough: the third may be dead, silent, or lie', async () => {
  const stolen = (body: Uint8Array): string => {
    const { text } = parseNote(Buffer.from(parseAddCheckpoint(body).checkpoint));
    const line = cosign(`${text}more\n`, witnessKeyOf(2), 1_700_000_000n);
    return formatCosignatureLines([line]);
  };
  const thirds = await Promise.all([
    deadUrl(),
    startLiar(() => undefined),
    startLiar((body) => ({ status: 200, body: stolen(body) })),
    startLiar(() => ({ status: 200, body: 'x'.repeat(100_000) })),
  ]);
  for (const third of thirds) {
    const [north, south] = await Promise.all([startWitness(0), startWitness(1)]);
    // Nobody waits for a silent one to its end: that would be longer than a test may take.
    const note = await collect(collectorOf([north.url, south.url, third], 600_000), 9);
    expect(witnessesOf(note)).toEqual(['north', 'south']);
  }
});

test('one of three is too few, and each reason is told', async () => {
  const [north, dead, silent] = await Promise.all([startWitness(0), deadUrl(), startLiar(() => undefined)]);
  const failure = await collect(collectorOf([north.url, dead, silent]), 9).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'policy-unmet',
    message: expect.stringMatching(
      /^Cannot publish the checkpoint of size 9: 1 of 3 witnesses cosigned \(north\), expected 2 of north, south, east; south: .*ECONNREFUSED.*; east: .*400/s,
    ),
  });
});

test.each<[string, Answer, string]>([
  ['refuses', () => ({ status: 403, body: 'no such key\n' }), 'it answered 403 "no such key"'],
  ['has a size that is none', () => ({ status: 409, body: '7\n' }), 'it answered 409 without a size'],
  [
    'has cosigned more',
    () => ({ status: 409, type: 'text/x.tlog.size', body: '99\n' }),
    'it has cosigned size 99',
  ],
  [
    'never agrees on a size',
    () => ({ status: 409, type: 'text/x.tlog.size', body: '5\n' }),
    'it answered 409',
  ],
  ['answers nothing', () => ({ status: 200, body: '' }), "Cannot read a witness's cosignatures"],
  [
    'answers with the line of another',
    (body) => ({ status: 200, body: lineOf(body, 7, 1n) }),
    'no cosignature of',
  ],
  ['cosigns without a time', (body) => ({ status: 200, body: lineOf(body, 0, 0n) }), 'no cosignature of'],
])('a witness that %s is not counted', async (_, answer, reason) => {
  const policy = { ...policyOf(log.key, [await startLiar(answer)]), quorum: 'north' };
  const collector = createCollector({ policy, timeoutMs: 400 });
  await expect(collect(collector, 9)).rejects.toMatchObject({
    code: 'policy-unmet',
    message: expect.stringContaining(reason),
  });
});

function lineOf(body: Uint8Array, number: number, time: bigint): string {
  const { text } = parseNote(Buffer.from(parseAddCheckpoint(body).checkpoint));
  return formatCosignatureLines([cosign(text, witnessKeyOf(number), time)]);
}

test('lines of strangers in an answer are left out of the checkpoint', async () => {
  const url = await startLiar((body) => ({
    status: 200,
    body: lineOf(body, 7, 5n) + lineOf(body, 0, 5n),
  }));
  const collector = createCollector({ policy: { ...policyOf(log.key, [url]), quorum: 'north' } });
  const note = parseNote(Buffer.from(await collect(collector, 3)));
  expect(note.signatures.map(({ name }) => name)).toEqual([log.key.name, witnessKeyOf(0).name]);
});

test('a witness that was restarted is asked again over a new connection', async () => {
  const folder = join(home, 'restarted');
  const first = await startWitness(0, folder);
  const { port } = new URL(first.url);
  const collector = createCollector({ policy: { ...policyOf(log.key, [first.url]), quorum: 'north' } });
  await collect(collector, 3);
  await first.close();
  const witness = await Witness.open({
    folder,
    cosigner: witnessKeyOf(0),
    logs: [log.key],
    clock: Date.now,
    report: () => undefined,
  });
  const second = await serveWitness({ witness, listen: `127.0.0.1:${port}` });
  ends.push(second.close);
  expect(parseNote(Buffer.from(await collect(collector, 8))).signatures).toHaveLength(2);
});

test('a split view is caught: whoever has the key makes two histories, and gets only one cosigned', async () => {
  const urls = (await Promise.all([0, 1, 2].map((number) => startWitness(number)))).map(({ url }) => url);
  const shown = await collect(collectorOf(urls), 10);
  expect(checkPolicy(Buffer.from(shown), policyOf(log.key)).checkpoint.size).toBe(10);
  for (const size of [10, 12]) {
    const forked = fork.checkpoint(size);
    await expect(collect(collectorOf(urls), size, fork)).rejects.toThrow('it answered 422');
    expect(() => checkPolicy(Buffer.from(forked), policyOf(log.key))).toThrow('0 of 3 witnesses cosigned');
    const [, ...stolen] = parseNote(Buffer.from(shown)).signatures;
    const lines = formatCosignatureLines(stolen);
    expect(() => checkPolicy(Buffer.from(forked + lines), policyOf(log.key))).toThrow('does not hold');
  }
});

test('a policy whose witnesses cannot be reached is refused at once', () => {
  expect(() => collectorOf([undefined, undefined, 'http://127.0.0.1:1/'])).toThrow(
    'Cannot collect cosignatures: 1 of 3 witnesses have a URL, too few for the quorum "two"',
  );
  expect(() => collectorOf(['ftp://a/', 'http://127.0.0.1:1/'])).toThrow('ftp://a/');
});
