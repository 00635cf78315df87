import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  cosignedAt,
  formatAddCheckpoint,
  formatCheckpointText,
  formatNote,
  type NoteSigner,
  openCheckpoint,
  parseCosignatureLines,
  parseNote,
  signNote,
  Witness,
  type WitnessAnswer,
  type WitnessOptions,
} from '../../../../providers/provchain';
import { originHash } from '../../../../providers/provchain/witness/state';
import { logKeyOf, WordLog, witnessKeyOf, wordsOf } from '../witness-rig';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'witness-'));
  folders.push(folder);
  return folder;
}

const log = new WordLog(wordsOf(40));
const fork = new WordLog([...wordsOf(5), ...wordsOf(35, 'other')]);
const cosigner = witnessKeyOf(0);
const reported: unknown[] = [];
const open = (folder: string, options: Partial<WitnessOptions> = {}): Promise<Witness> =>
  Witness.open({
    folder,
    cosigner,
    logs: [log.key],
    clock: () => 1_700_000_000_000,
    report: (error) => reported.push(error),
    ...options,
  });

async function bodyOf(from: number, to: number, of: WordLog = log): Promise<Buffer> {
  const proof = from <= to ? await of.prove(from, to) : [];
  return Buffer.from(formatAddCheckpoint({ oldSize: from, proof, checkpoint: of.checkpoint(to) }));
}
const ask = async (witness: Witness, from: number, to: number, of?: WordLog): Promise<WitnessAnswer> =>
  witness.addCheckpoint(await bodyOf(from, to, of));

function expectCosigned(answer: WitnessAnswer, checkpoint: string): void {
  expect(answer).toMatchObject({ status: 200 });
  const { text } = parseNote(Buffer.from(checkpoint));
  expect(cosignedAt({ text, signatures: parseCosignatureLines(answer.body) }, cosigner)).toBe(1_700_000_000n);
}

test('a checkpoint that extends the one before is cosigned, and one of equal size again', async () => {
  const witness = await open(newFolder());
  for (const [from, to] of [
    [0, 0],
    [0, 3],
    [3, 3],
    [3, 8],
    [8, 40],
  ] as const)
    expectCosigned(await ask(witness, from, to), log.checkpoint(to));
});

test('extension lines are cosigned as they stand', async () => {
  const witness = await open(newFolder());
  const checkpoint = log.checkpoint(3, ['hello']);
  const body = Buffer.from(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint }));
  expectCosigned(await witness.addCheckpoint(body), checkpoint);
});

test('another old size than the one that the witness knows is answered with that', async () => {
  const witness = await open(newFolder());
  expect(await ask(witness, 2, 3)).toEqual({ status: 409, mediaType: 'text/x.tlog.size', body: '0\n' });
  await ask(witness, 0, 8);
  expect(await ask(witness, 0, 9)).toEqual({ status: 409, mediaType: 'text/x.tlog.size', body: '8\n' });
  expect(await ask(witness, 3, 4)).toEqual({ status: 409, mediaType: 'text/x.tlog.size', body: '8\n' });
});

test('what was cosigned is not taken back: another tree of equal size, a fork, or a smaller one', async () => {
  const witness = await open(newFolder());
  await ask(witness, 0, 8);
  expect(await ask(witness, 8, 8, fork)).toMatchObject({ status: 422 });
  expect(await ask(witness, 8, 20, fork)).toMatchObject({ status: 422 });
  expect(await ask(witness, 8, 7)).toMatchObject({ status: 400 });
  expectCosigned(await ask(witness, 8, 9), log.checkpoint(9));
});

test.each([
  ['a proof too short', 3, 8, -1],
  ['a proof too long', 3, 8, 1],
  ['a proof for the first checkpoint', 0, 8, 1],
  ['a proof of equal sizes', 3, 3, 1],
])('%s is answered by 422', async (_, from, to, change) => {
  const witness = await open(newFolder());
  if (from > 0) await ask(witness, 0, from);
  const proof = await log.prove(from, to);
  const changed = change < 0 ? proof.slice(0, change) : [...proof, log.root(1)];
  const body = formatAddCheckpoint({ oldSize: from, proof: changed, checkpoint: log.checkpoint(to) });
  expect(await witness.addCheckpoint(Buffer.from(body))).toMatchObject({ status: 422 });
  expectCosigned(await ask(witness, from, to), log.checkpoint(to));
});

test('an empty tree has one root', async () => {
  const witness = await open(newFolder());
  const text = formatCheckpointText({ origin: log.key.name, size: 0, root: log.root(1), extensions: [] });
  const body = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: signNote(text, log.key) });
  expect(await witness.addCheckpoint(Buffer.from(body))).toMatchObject({ status: 422 });
});

test('an unknown log is answered by 404, also when its signature holds', async () => {
  const witness = await open(newFolder());
  expect(await ask(witness, 0, 3, new WordLog(wordsOf(3), logKeyOf(9)))).toMatchObject({ status: 404 });
});

test('403: no signature of the log, one that is wrong, and a right one beside a wrong one', async () => {
  const witness = await open(newFolder());
  const impostor: NoteSigner = { ...logKeyOf(9), name: log.key.name };
  expect(await ask(witness, 0, 3, new WordLog(wordsOf(3), impostor))).toMatchObject({ status: 403 });
  const [three, four] = [log.checkpoint(3), log.checkpoint(4)].map((note) => parseNote(Buffer.from(note)));
  const signatures = four?.signatures ?? [];
  for (const lines of [signatures, [...(three?.signatures ?? []), ...signatures]]) {
    const checkpoint = formatNote({ text: three?.text ?? '', signatures: lines });
    const body = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint });
    expect(await witness.addCheckpoint(Buffer.from(body))).toMatchObject({ status: 403 });
  }
  const own = parseNote(Buffer.from(new WordLog(wordsOf(3), { ...logKeyOf(9), name: 'x' }).checkpoint(3)));
  const mixed = formatNote({
    text: three?.text ?? '',
    signatures: [...own.signatures, ...(three?.signatures ?? [])],
  });
  const body = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: mixed });
  expectCosigned(await witness.addCheckpoint(Buffer.from(body)), log.checkpoint(3));
});

test('a witness remembers over restarts, in one small file for each log', async () => {
  const folder = newFolder();
  const second = new WordLog(wordsOf(10), logKeyOf(2));
  const logs = [log.key, second.key];
  const first = await open(folder, { logs });
  for (const [from, to] of [
    [0, 3],
    [3, 8],
    [8, 9],
  ] as const)
    await ask(first, from, to);
  await ask(first, 0, 7, second);
  const again = await open(folder, { logs });
  expect(await ask(again, 0, 3)).toMatchObject({ status: 409, body: '9\n' });
  expect(await ask(again, 9, 12, fork)).toMatchObject({ status: 422 });
  expectCosigned(await ask(again, 7, 10, second), second.checkpoint(10));
  const files = readdirSync(join(folder, 'logs', originHash(log.key.name)));
  expect(files).toEqual(['00000003']);
});

test('monitors get the newest cosigned checkpoint, with the signature of the log and ours and no others', async () => {
  const folder = newFolder();
  const witness = await open(folder);
  const hash = originHash(log.key.name);
  expect(await witness.checkpoint(hash)).toMatchObject({ status: 404 });
  const stranger = new WordLog(wordsOf(3), { ...logKeyOf(9), name: 'x.example' });
  const note = parseNote(Buffer.from(log.checkpoint(3)));
  const others = parseNote(Buffer.from(stranger.checkpoint(3))).signatures;
  const checkpoint = formatNote({ ...note, signatures: [...others, ...note.signatures] });
  await witness.addCheckpoint(Buffer.from(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint })));
  for (const each of [witness, await open(folder)]) {
    const answer = await each.checkpoint(hash);
    expect(answer.status).toBe(200);
    expect(parseNote(Buffer.from(answer.body)).signatures.map(({ name }) => name)).toEqual([
      log.key.name,
      cosigner.name,
    ]);
    expect(openCheckpoint(Buffer.from(answer.body), log.key).size).toBe(3);
  }
  expect(await witness.checkpoint('0'.repeat(64))).toMatchObject({ status: 404 });
});

test('a damaged memory is not written over: the witness does not start', async () => {
  const folder = newFolder();
  await ask(await open(folder), 0, 3);
  const file = join(folder, 'logs', originHash(log.key.name), '00000001');
  writeFileSync(file, readFileSync(file, 'utf8').replace('\n3\n', '\n2\n'));
  await expect(open(folder)).rejects.toMatchObject({ code: 'witness-damaged' });
});

test('a log whose memory cannot be written is not cosigned, and told of; others are', async () => {
  const folder = newFolder();
  const second = new WordLog(wordsOf(10), logKeyOf(2));
  const witness = await open(folder, { logs: [log.key, second.key] });
  await ask(witness, 0, 3);
  rmSync(join(folder, 'logs', originHash(log.key.name)), { recursive: true });
  expect(await ask(witness, 3, 4)).toMatchObject({ status: 500 });
  mkdirSync(join(folder, 'logs', originHash(log.key.name)));
  expect(await ask(witness, 0, 4)).toMatchObject({ status: 500 });
  expect(reported).toHaveLength(1);
  expectCosigned(await ask(witness, 0, 2, second), second.checkpoint(2));
});

/** Every tree that was cosigned, checked against every other. */
async function expectOneHistory(cosigned: readonly (readonly [WordLog, number])[]): Promise<void> {
  const roots = new Map<number, Buffer>();
  for (const [of, size] of cosigned) {
    const root = Buffer.from(of.root(size));
    expect(roots.get(size) ?? root).toEqual(root);
    roots.set(size, root);
  }
  const sizes = [...roots.keys()].sort((left, right) => left - right);
  const isOf = (of: WordLog): boolean =>
    sizes.every((size) => Buffer.from(of.root(size)).equals(roots.get(size) ?? root0));
  expect(isOf(log) || isOf(fork)).toBe(true);
}
const root0 = Buffer.alloc(32);

test('of many requests at once, of two histories, by two witnesses over one folder, only one history is cosigned', async () => {
  const request = fc.record({
    from: fc.nat({ max: 12 }),
    more: fc.nat({ max: 12 }),
    isFork: fc.boolean(),
    second: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 5, maxLength: 40 }), async (requests) => {
      const folder = newFolder();
      const witnesses = await Promise.all([open(folder), open(folder)]);
      const cosigned: (readonly [WordLog, number])[] = [];
      await Promise.all(
        requests.map(async ({ from, more, isFork, second }) => {
          const [of, witness] = [isFork ? fork : log, witnesses[second ? 1 : 0]];
          const known = await witness?.addCheckpoint(await bodyOf(from, from + more, of));
          const size = known?.status === 409 ? Number(known.body) : from;
          const answer =
            known?.status === 409 ? await witness?.addCheckpoint(await bodyOf(size, size + more, of)) : known;
          if (answer?.status === 200) cosigned.push([of, size + more]);
          expect([200, 400, 409, 422]).toContain(answer?.status);
        }),
      );
      await expectOneHistory(cosigned);
    }),
    { numRuns: 25 },
  );
});

test('a race of a small and a large extension is not won by both unless one extends the other', async () => {
  const witness = await open(newFolder());
  await ask(witness, 0, 5);
  const answers = await Promise.all([ask(witness, 5, 20), ask(witness, 5, 8), ask(witness, 5, 6, fork)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 409, 409]);
  expect(answers[1]?.body).toBe('20\n');
});

test('more requests than may wait, and more checkpoints in a second than allowed, are put off', async () => {
  let nowMs = 1_700_000_000_000;
  const witness = await open(newFolder(), {
    waitingCountMax: 3,
    advancesPerSecondMax: 5,
    clock: () => nowMs,
  });
  const crowd = await Promise.all(Array.from({ length: 6 }, () => ask(witness, 0, 1)));
  expect(crowd.filter(({ status }) => status === 429)).toHaveLength(3);
  for (let size = 1; size < 5; size += 1) expect((await ask(witness, size, size + 1)).status).toBe(200);
  expect(await ask(witness, 5, 6)).toMatchObject({ status: 429 });
  expect(await ask(witness, 5, 5)).toMatchObject({ status: 200 });
  nowMs += 1000;
  expect(await ask(witness, 5, 6)).toMatchObject({ status: 200 });
});

test('any bytes, and any change of a right request, are answered and never make two histories', async () => {
  const witness = await open(newFolder());
  await ask(witness, 0, 5);
  const right = await bodyOf(5, 9, fork);
  await ask(witness, 5, 9);
  const change = fc.record({ at: fc.nat({ max: right.length - 1 }), byte: fc.nat({ max: 255 }) });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), change), async (input) => {
      const body = Buffer.from(right);
      if (!(input instanceof Uint8Array)) body[input.at] = input.byte;
      const { status } = await witness.addCheckpoint(input instanceof Uint8Array ? input : body);
      expect([400, 403, 404, 409, 422]).toContain(status);
    }),
  );
  expect(reported).toHaveLength(1);
  expectCosigned(await ask(witness, 9, 10), log.checkpoint(10));
});
