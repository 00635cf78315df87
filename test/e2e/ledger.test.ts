/**
 * The ledger on a real disk: eight processes at once, and one process whose system calls fail or kill it, one by one.
 * strace attaches to the running process, so that counting begins with the append; with one thread for the disk the
 * calls have one order. `pwrite64` is what the ledger writes files with, and nothing else in the process uses it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { buildSync } from 'esbuild';
import { cidOfStatement } from '../../model';
import { auditLedger, openLedger, type ReadOnlyLedger, signingKeyFromSeed } from '../../providers/provchain';
import { recordOf } from './ledger-writer';

const home = mkdtempSync(join(tmpdir(), 'ledger-e2e-'));
const program = join(home, 'writer.js');
const running = new Set<ChildProcess>();

beforeAll(() => {
  const contents = `import { main } from './ledger-writer'; void main(process.argv[2], process.argv[3]);`;
  buildSync({
    stdin: { contents, resolveDir: __dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    outfile: program,
    logLevel: 'error',
  });
});
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

interface Place {
  readonly folder: string;
  readonly keysFolder: string;
}

const placeOf = (name: string): Place => ({
  folder: join(home, name, 'ledger'),
  keysFolder: join(home, name, 'keys'),
});
const verifierKeyOf = ({ keysFolder }: Place): string => readFileSync(join(keysFolder, 'log.pub'), 'utf8');
const openAt = (place: Place) => openLedger({ ...place, clock: Date.now });

/** A writer process, and what it says. */
interface Writer {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly reader: Interface;
  readonly ended: Promise<void>;
}

function startWriter({ folder, keysFolder }: Place): Writer {
  const environment = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const child = spawn(process.execPath, [program, folder, keysFolder], {
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  running.add(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  void ended.then(() => running.delete(child));
  return { child, lines, reader, ended };
}

async function untilReady({ lines, reader, ended }: Writer): Promise<void> {
  if (lines.length > 0) return;
  await Promise.race([new Promise((resolve) => reader.once('line', resolve)), ended]);
  expect(lines[0]).toBe('ready');
}

/** Lines `appended` by number. */
function acknowledged({ lines }: Pick<Writer, 'lines'>): Map<number, { cid: string; index: number }> {
  const parts = lines.map((line) => line.split(' ')).filter(([word]) => word === 'appended');
  return new Map(parts.map(([, number, cid = '', index]) => [Number(number), { cid, index: Number(index) }]));
}

async function cidsOf(ledger: ReadOnlyLedger): Promise<string[]> {
  const cids: string[] = [];
  for await (const { cid } of ledger.entries()) cids.push(cid);
  return cids;
}

test('eight processes append at once: nothing is lost, nothing doubled, and there is one log', async () => {
  const place = placeOf('many');
  const [processCount, recordCount] = [8, 12];
  const writers = Array.from({ length: processCount }, () => startWriter(place));
  await Promise.all(writers.map(untilReady));
  for (const [at, { child }] of writers.entries()) {
    const own = Array.from({ length: recordCount }, (_, n) => 1 + 2 * (at * 100 + n));
    // Record 0 is appended by all of them, once.
    child.stdin?.end(`${[0, ...own].join('\n')}\n`);
  }
  await Promise.all(writers.map(({ ended }) => ended));
  expect(writers.flatMap(({ lines }) => lines.filter((line) => line.startsWith('failed')))).toEqual([]);
  const cids = await cidsOf(await openAt(place));
  expect(cids).toHaveLength(processCount * recordCount + 1);
  expect(new Set(cids).size).toBe(cids.length);
  for (const writer of writers) {
    const receipts = acknowledged(writer);
    expect(receipts.size).toBe(recordCount + 1);
    for (const { cid, index } of receipts.values()) expect(cids[index]).toBe(cid);
  }
  const report = await auditLedger(place.folder, verifierKeyOf(place));
  expect(report).toMatchObject({ size: cids.length, recordCount: cids.length, findings: [], leftovers: [] });
}, 60_000);

const calls = ['openat', 'pwrite64', 'fsync', 'mkdir', 'rename', 'link', 'unlink', 'rmdir'] as const;
type Call = (typeof calls)[number];

/** Runs one append in a process that strace watches, or spoils. */
async function appendUnder(place: Place, number: number, straceOptions: readonly string[]): Promise<Writer> {
  const writer = startWriter(place);
  await untilReady(writer);
  const strace = spawn('strace', ['-f', '-p', String(writer.child.pid), ...straceOptions], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(strace);
  const straceEnded = new Promise<void>((resolve) => strace.on('close', () => resolve()));
  // It says that it is attached in its own words; before that nothing is counted.
  await Promise.race([new Promise((resolve) => strace.stderr.once('data', resolve)), straceEnded]);
  writer.child.stdin?.end(`${number}\n`);
  await writer.ended;
  await straceEnded;
  running.delete(strace);
  return writer;
}

/** How often an append makes each system call. */
async function countCalls(place: Place): Promise<Record<Call, number>> {
  const log = join(home, 'calls.txt');
  await appendUnder(place, 1, ['-e', `trace=${calls.join(',')}`, '-o', log]);
  const text = readFileSync(log, 'utf8');
  const countOf = (call: Call): number =>
    text.split('\n').filter((line) => line.includes(` ${call}(`)).length;
  return Object.fromEntries(calls.map((call) => [call, countOf(call)])) as Record<Call, number>;
}

interface Fault {
  readonly call: Call;
  readonly at: number;
  readonly kind: 'signal=SIGKILL' | 'error=EIO' | 'error=ENOSPC';
}

/** Space is asked for where something is made. */
const asksForSpace = (call: Call): boolean =>
  ['openat', 'pwrite64', 'mkdir', 'rename', 'link'].includes(call);

function faultsOf(counts: Record<Call, number>, kinds: readonly Fault['kind'][]): Fault[] {
  return calls.flatMap((call) =>
    kinds
      .filter((kind) => kind !== 'error=ENOSPC' || asksForSpace(call))
      .flatMap((kind) => Array.from({ length: counts[call] }, (_, n) => ({ call, at: n + 1, kind }))),
  );
}

/** A ledger that every fault begins with: nothing in it, so that folders are made; or one entry short of full tiles. */
interface Template {
  readonly name: string;
  readonly size: number;
  readonly kinds: readonly Fault['kind'][];
}

async function makeTemplate({ name, size }: Template): Promise<void> {
  const place = placeOf(name);
  const ledger = await openAt(place);
  const signer = signingKeyFromSeed(new Uint8Array(32), 'deployer');
  for (const count of size === 0 ? [] : [2, size - 2])
    await Promise.all(
      Array.from({ length: count }, (_, n) => ledger.append(recordOf(1000 * count + n), signer)),
    );
}

/** One append with one fault; what it said afterwards must be so. */
async function checkFault(template: Template, fault: Fault): Promise<string> {
  const name = `${template.name}-${fault.call}-${fault.at}-${fault.kind}`;
  const place = placeOf(name);
  cpSync(join(home, template.name), join(home, name), { recursive: true });
  const inject = `inject=${fault.call}:${fault.kind}:when=${fault.at}`;
  const writer = await appendUnder(place, 101, [
    '-e',
    `trace=${fault.call}`,
    '-e',
    inject,
    '-o',
    '/dev/null',
  ]);
  const [, , code = 'killed'] = writer.lines[1]?.startsWith('failed') ? writer.lines[1].split(' ') : [];
  const verifierKey = verifierKeyOf(place);
  const crashed = await auditLedger(place.folder, verifierKey);
  const ledger = await openAt(place);
  const cids = await cidsOf(ledger);
  const after = await auditLedger(place.folder, verifierKey);
  const receipt = acknowledged(writer).get(101);
  const isIn = cids.includes(cidOfStatement(recordOf(101)));
  expect({ fault, findings: [...crashed.findings, ...after.findings], pending: after.pendingCount }).toEqual({
    fault,
    findings: [],
    pending: 0,
  });
  expect({ fault, entries: cids.length }).toEqual({ fault, entries: template.size + (isIn ? 1 : 0) });
  if (receipt !== undefined) expect({ fault, cid: cids[receipt.index] }).toEqual({ fault, cid: receipt.cid });
  if (code === 'append-failed') expect({ fault, isIn }).toEqual({ fault, isIn: false });
  if (code === 'append-unpublished') expect({ fault, isIn }).toEqual({ fault, isIn: true });
  const signer = signingKeyFromSeed(new Uint8Array(32), 'deployer');
  const next = await ledger.append(recordOf(103), signer);
  expect({ fault, index: next.index }).toEqual({ fault, index: cids.length });
  rmSync(join(home, name), { recursive: true, force: true });
  return receipt === undefined ? code : 'appended';
}

test.each<Template>([
  { name: 'empty', size: 0, kinds: ['signal=SIGKILL', 'error=EIO', 'error=ENOSPC'] },
  { name: 'nearly full', size: 255, kinds: ['signal=SIGKILL', 'error=EIO'] },
])(
  'a fault at any system call of an append to a ledger that is $name loses nothing acknowledged, and is told truly',
  async (template) => {
    await makeTemplate(template);
    cpSync(join(home, template.name), join(home, 'counting'), { recursive: true });
    const counts = await countCalls(placeOf('counting'));
    rmSync(join(home, 'counting'), { recursive: true });
    const faults = faultsOf(counts, template.kinds);
    const outcomes = new Set<string>();
    const next = faults.values();
    const work = async (): Promise<void> => {
      for (const fault of next) outcomes.add(await checkFault(template, fault));
    };
    await Promise.all([work(), work()]);
    for (const call of ['openat', 'pwrite64', 'fsync', 'rename', 'link'] as const)
      expect(counts[call]).toBeGreaterThan(0);
    expect([...outcomes].sort()).toEqual([
      'append-failed',
      'append-uncertain',
      'append-unpublished',
      'appended',
      'killed',
    ]);
  },
  240_000,
);

async function appendBy(place: Place, number: number): Promise<void> {
  const writer = startWriter(place);
  await untilReady(writer);
  writer.child.stdin?.end(`${number}\n`);
  await writer.ended;
  expect(acknowledged(writer).size).toBe(1);
}

test('a flipped bit in any file on the disk is found, and the file is named', async () => {
  const place = placeOf('flips');
  for (const number of [2, 4, 6]) await appendBy(place, number);
  const verifierKey = verifierKeyOf(place);
  const files = readdirSync(place.folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(place.folder, path)).isFile(),
  );
  for (const path of files) {
    const file = join(place.folder, path);
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 12)) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
      writeFileSync(file, changed);
      const { findings } = await auditLedger(place.folder, verifierKey);
      expect({ path, at, blamed: findings.map((finding) => finding.file) }).toEqual({
        path,
        at,
        blamed: [path],
      });
    }
    writeFileSync(file, bytes);
  }
  expect((await auditLedger(place.folder, verifierKey)).findings).toEqual([]);
  expect(files).toHaveLength(14);
});
