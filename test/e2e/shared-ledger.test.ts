/**
 * One ledger for many machines: in PostgreSQL and behind `nexus ledger serve`. Processes that append at once, that are
 * killed, whose connections are cut and whose server goes away; after each of these the audit must find all that was
 * acknowledged, once, in its place.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { cidOfStatement, isKind, type StatementOf } from '../../model';
import { ensureHostd } from '../../providers/deploy/hostd';
import { openClient } from '../../providers/nexus';
import {
  auditLedgerAt,
  formatPolicy,
  openLedgerReaderAt,
  openRemoteLedger,
  openSigningKey,
  parseCosignerKey,
  parseLedgerPlace,
  parseVerifierKey,
} from '../../providers/provchain';
import { type PostgresServer, startPostgres } from '../support/postgres';
import { attachSwarm, endSwarm, newEnvironment } from '../support/swarm-project';
import { Witnesses } from './_witness';
import { recordOf } from './ledger-writer';

const home = mkdtempSync(join(tmpdir(), 'shared-ledger-'));
const program = join(home, 'writer.js');
const nexus = join(__dirname, '../../dist/nexus.js');
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const running = new Set<ChildProcess>();
const witnesses = new Witnesses();
let postgres: PostgresServer;

beforeAll(async () => {
  const contents = `import { main } from './ledger-writer'; void main(process.argv[2], process.argv[3]);`;
  buildSync({
    stdin: { contents, resolveDir: __dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    outfile: program,
    logLevel: 'error',
  });
  postgres = await startPostgres();
}, 60_000);
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  witnesses.endAll();
  await postgres?.end();
  rmSync(home, { recursive: true, force: true });
}, 30_000);

/** A log of its own, in a database of its own. */
interface Site {
  readonly database: string;
  readonly address: string;
  readonly stateDir: string;
  readonly keysFolder: string;
}

async function makeSite(name: string): Promise<Site> {
  await postgres.createDatabase(name);
  const stateDir = join(home, name);
  return { database: name, address: postgres.url(name), stateDir, keysFolder: join(stateDir, 'keys') };
}

interface Child {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<void>;
  /** Resolves with the first line. */
  readonly ready: Promise<string>;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child {
  const child = spawn(process.execPath, [...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  running.add(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void ended.then(() => running.delete(child));
  const ready = Promise.race([
    new Promise<string>((resolve) => reader.once('line', resolve)),
    ended.then((): string => {
      throw new Error('it ended before it was ready');
    }),
  ]);
  ready.catch(() => undefined);
  return { child, lines, ended, ready };
}

const startWriter = ({ address, keysFolder }: Site): Child => start([program, address, keysFolder]);

/** Lines `appended` by number. */
function acknowledged({ lines }: Child): Map<number, { cid: string; index: number }> {
  const parts = lines.map((line) => line.split(' ')).filter(([word]) => word === 'appended');
  return new Map(parts.map(([, number, cid = '', index]) => [Number(number), { cid, index: Number(index) }]));
}

const failures = (writers: readonly Child[]): string[] =>
  writers.flatMap(({ lines }) => lines.filter((line) => line.startsWith('failed')));

const verifierKeyOf = ({ keysFolder }: Pick<Site, 'keysFolder'>): string =>
  readFileSync(join(keysFolder, 'log.pub'), 'utf8');

async function cidsOf(place: string, site: Site): Promise<string[]> {
  const ledger = await openLedgerReaderAt({
    place: parseLedgerPlace(place, '/'),
    verifierKey: verifierKeyOf(site),
  });
  const cids: string[] = [];
  for await (const { cid } of ledger.entries()) cids.push(cid);
  return cids;
}

/** All that was acknowledged is there, at its place; nothing is there twice; every row is what it must be. */
async function checkSite(site: Site, writers: readonly Child[]): Promise<string[]> {
  const cids = await cidsOf(site.address, site);
  expect(new Set(cids).size).toBe(cids.length);
  for (const writer of writers)
    for (const { cid, index } of acknowledged(writer).values()) expect(cids[index]).toBe(cid);
  const place = parseLedgerPlace(site.address, '/');
  const report = await auditLedgerAt({ place, verifierKey: verifierKeyOf(site) });
  expect(report).toMatchObject({ size: cids.length, findings: [], pendingCount: 0 });
  return cids;
}

/** The same numbers for the same seed. */
function chanceOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('eight processes append to one database at once: no fork, no loss, no index twice', async () => {
  const site = await makeSite('many');
  const [processCount, recordCount] = [8, 25];
  const writers = Array.from({ length: processCount }, () => startWriter(site));
  await Promise.all(writers.map(({ ready }) => ready));
  for (const [at, { child }] of writers.entries()) {
    const own = Array.from({ length: recordCount }, (_, n) => 1 + 2 * (at * 100 + n));
    // Record 0 is appended by all of them, once.
    child.stdin?.end(`${[0, ...own].join('\n')}\n`);
  }
  await Promise.all(writers.map(({ ended }) => ended));
  expect(failures(writers)).toEqual([]);
  const cids = await checkSite(site, writers);
  expect(cids).toHaveLength(processCount * recordCount + 1);
}, 120_000);

test(`writers killed at any moment lose nothing that they acknowledged (SEED=${seed})`, async () => {
  const site = await makeSite('killed');
  const chance = chanceOf(seed);
  const writers: Child[] = [];
  const first = startWriter(site);
  await first.ready;
  first.child.stdin?.end('1\n');
  await first.ended;
  for (let round = 0; round < 12; round += 1) {
    const pair = [startWriter(site), startWriter(site)];
    await Promise.all(pair.map(({ ready }) => ready));
    for (const [at, { child }] of pair.entries()) {
      const numbers = Array.from({ length: 40 }, (_, n) => 101 + 2 * (round * 100 + at * 50 + n));
      child.stdin?.write(`${numbers.join('\n')}\n`);
    }
    await sleep(chance() * 250);
    for (const { child } of pair) child.kill('SIGKILL');
    await Promise.all(pair.map(({ ended }) => ended));
    writers.push(...pair);
  }
  // Whoever opens the ledger next publishes what the killed have committed.
  const last = startWriter(site);
  await last.ready;
  last.child.stdin?.end('0\n');
  await last.ended;
  await checkSite(site, [first, ...writers, last]);
  expect(writers.flatMap((writer) => [...acknowledged(writer).values()]).length).toBeGreaterThan(20);
}, 180_000);

test(`connections cut and servers restarted in the middle of appends: each record is there once (SEED=${seed})`, async () => {
  const site = await makeSite('cut');
  const chance = chanceOf(seed + 1);
  const writers = Array.from({ length: 4 }, () => startWriter(site));
  await Promise.all(writers.map(({ ready }) => ready));
  // Even records are appended once, so that one whose answer was lost may be repeated.
  const numbers = (at: number): number[] => Array.from({ length: 60 }, (_, n) => 2 * (1 + at * 1000 + n));
  for (const [at, { child }] of writers.entries()) child.stdin?.end(`${numbers(at).join('\n')}\n`);
  let isDone = false;
  const allEnded = Promise.all(writers.map(({ ended }) => ended)).then(() => {
    isDone = true;
  });
  const cutAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nexus-ledger'`;
  let [cuts, restarts] = [0, 0];
  for (let round = 0; !isDone; round += 1) {
    await sleep(20 + chance() * 80);
    if (round % 10 === 9 && restarts < 4) {
      await postgres.restart(restarts % 2 === 0 ? 'crash' : 'fast');
      restarts += 1;
    } else cuts += (await postgres.query('postgres', cutAll).catch(() => [])).length;
  }
  await allEnded;
  expect(cuts + restarts).toBeGreaterThan(10);
  // Who was cut off for so long that nobody knows any more is told so, and repeats.
  const unsure = failures(writers).map((line) => line.split(' '));
  expect(unsure.filter(([, , code]) => code !== 'append-uncertain')).toEqual([]);
  const last = startWriter(site);
  last.child.stdin?.end(`${[0, ...unsure.map(([, number]) => number)].join('\n')}\n`);
  await last.ended;
  const cids = await checkSite(site, [...writers, last]);
  expect(cids).toHaveLength(4 * 60 + 1);
}, 240_000);

/** `nexus ledger serve`, and its address. */
async function startServer(
  site: Site,
  place: string,
  ...more: readonly string[]
): Promise<Child & { url: string }> {
  const args = [nexus, 'ledger', 'serve', '--state', site.stateDir, '--listen', '127.0.0.1:0', ...more];
  const server = start(args, { ...process.env, NEXUS_LEDGER: place });
  return { ...server, url: await server.ready };
}

/** What a deployment writes, by a machine that has the log's verifier key only. */
async function deployThrough(url: string, site: Site, name: string, policy?: Uint8Array): Promise<string[]> {
  const stateDir = join(home, name);
  mkdirSync(join(stateDir, 'keys'), { recursive: true, mode: 0o700 });
  for (const file of ['deployer.key', 'deployer.pub', 'log.pub'])
    cpSync(join(site.keysFolder, file), join(stateDir, 'keys', file));
  if (policy !== undefined) writeFileSync(join(stateDir, 'keys/log.policy'), policy);
  const client = await openClient(stateDir, { ...newEnvironment(), ledger: url });
  const cids: string[] = [];
  for (const number of [1, 2, 3]) {
    const { predicate } = recordOf(number) as { predicate: Parameters<typeof client.record<'key'>>[1] };
    cids.push(await client.record('key', { ...predicate, name: `${name}-${number}` }));
  }
  const ledger = await client.ledger();
  for (const cid of cids) expect((await ledger.find(cid as never))?.cid).toBe(cid);
  return cids;
}

async function makeDeployer(site: Site, place: string): Promise<void> {
  const client = await openClient(site.stateDir, { ...newEnvironment(), ledger: place });
  await client.ledger();
}

test.each(['postgres', 'folder'])(
  'a deployment writes through a server over a %s, and nexus reads it back',
  async (kind) => {
    const site = await makeSite(`served_${kind}`);
    const place = kind === 'postgres' ? site.address : join(site.stateDir, 'ledger');
    await makeDeployer(site, place);
    const server = await startServer(site, place);
    const cids = await deployThrough(server.url, site, `client-${kind}`);
    const stateDir = join(home, `client-${kind}`);
    const run = (...args: string[]) => runNexus([...args, '--state', stateDir]);
    expect((await run('ledger')).out).toContain(server.url);
    const log = await run('log', '--json');
    expect(JSON.parse(log.out).records.map(({ cid }: { cid: string }) => cid)).toEqual(
      expect.arrayContaining(cids),
    );
    expect(await run('verify')).toMatchObject({ code: 0 });
    expect(await run('prove', cids[0] ?? '', '-o', join(home, `${kind}.proof`))).toMatchObject({ code: 0 });
    server.child.kill('SIGINT');
    await server.ended;
    expect(server.child.exitCode).toBe(0);
    const report = await auditLedgerAt({
      place: parseLedgerPlace(place, '/'),
      verifierKey: verifierKeyOf(site),
    });
    expect(report).toMatchObject({ findings: [], pendingCount: 0, size: 4 });
    await expect(deployThrough(server.url, site, `late-${kind}`)).rejects.toMatchObject({
      code: 'log-unreachable',
    });
  },
  120_000,
);

test.each(['postgres', 'folder'])(
  'the key of a log over a %s is replaced while it is served: who has the old one writes on and reads on',
  async (kind) => {
    const site = await makeSite(`rotated_${kind}`);
    const place = kind === 'postgres' ? site.address : join(site.stateDir, 'ledger');
    await makeDeployer(site, place);
    const server = await startServer(site, place);
    const old = verifierKeyOf(site);
    const client = openRemoteLedger({ url: server.url, verifierKey: old });
    const deployer = await openSigningKey({
      folder: site.keysFolder,
      role: 'deployer',
      random: newEnvironment().random,
    });
    let isDone = false;
    const writing = (async () => {
      const cids: string[] = [];
      for (let number = 1; !isDone || number < 20; number += 1)
        cids.push((await (await client).append(recordOf(number * 2), deployer, { once: true })).cid);
      return cids;
    })();
    for (const _ of [1, 2])
      expect(
        await runNexus(['keys', 'rotate', 'log', '--state', site.stateDir, '--ledger', place]),
      ).toMatchObject({ code: 0 });
    isDone = true;
    const cids = await writing;
    const now = verifierKeyOf(site);
    expect(now).not.toBe(old);
    expect(`${(await client).verifierKey}\n`).toBe(now);
    for (const at of [server.url, place]) {
      const reader = await openLedgerReaderAt({ place: parseLedgerPlace(at, '/'), verifierKey: old });
      const seen: string[] = [];
      for await (const { cid } of reader.entries()) seen.push(cid);
      expect(seen).toEqual(expect.arrayContaining(cids));
      expect(new Set(seen).size).toBe(seen.length);
    }
    const followed = await runNexus(['verify', server.url, '--vkey', old.trimEnd()]);
    expect(followed).toMatchObject({
      code: 0,
      out: expect.stringContaining('each signed by the key before it'),
    });
    server.child.kill('SIGTERM');
    await server.ended;
    const report = await auditLedgerAt({ place: parseLedgerPlace(place, '/'), verifierKey: old });
    expect(report).toMatchObject({
      findings: [],
      pendingCount: 0,
      followed: { rotations: [expect.any(Number), expect.any(Number)] },
    });
  },
  120_000,
);

test('a log in PostgreSQL with a policy is published only cosigned, and read so by those who have the policy', async () => {
  const site = await makeSite('witnessed');
  await makeDeployer(site, site.address);
  const witness = await witnesses.start(join(home, 'north'), verifierKeyOf(site).trimEnd());
  const north = { name: 'north', cosigner: parseCosignerKey(witness.verifierKey), url: witness.url };
  const log = parseVerifierKey(verifierKeyOf(site).trimEnd());
  const policy = formatPolicy({ logs: [{ verifier: log }], witnesses: [north], groups: [], quorum: 'north' });
  const reader = join(home, 'reader');
  mkdirSync(join(reader, 'keys'), { recursive: true });
  cpSync(join(site.keysFolder, 'log.pub'), join(reader, 'keys/log.pub'));
  writeFileSync(join(reader, 'keys/log.policy'), policy);
  const read = (place: string) => runNexus(['log', '--state', reader, '--ledger', place]);
  // It was published before there was a policy.
  expect(await read(site.address)).toMatchObject({ code: 1 });
  writeFileSync(join(site.keysFolder, 'log.policy'), policy);
  const server = await startServer(site, site.address);
  await deployThrough(server.url, site, 'witnessed-client', policy);
  for (const place of [site.address, server.url]) expect(await read(place)).toMatchObject({ code: 0 });
  witness.child.kill('SIGKILL');
  await witness.ended;
  await expect(deployThrough(server.url, site, 'witnessed-late', policy)).rejects.toMatchObject({
    code: expect.stringMatching(/^(append-uncertain|policy-unmet)$/),
  });
  expect(await read(site.address)).toMatchObject({ code: 0 });
  server.child.kill('SIGTERM');
  await server.ended;
}, 120_000);

test('Terraform deploys a node whose records go to a server, and a password in the address is refused', async () => {
  const site = await makeSite('terraform');
  await makeDeployer(site, site.address);
  const server = await startServer(site, site.address);
  const terraform = await attachSwarm({ nodes: ['n-0'] });
  try {
    const keys = join(terraform.folder, '.nexus/keys');
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    for (const file of ['deployer.key', 'deployer.pub', 'log.pub'])
      cpSync(join(site.keysFolder, file), join(keys, file));
    const main = readFileSync(join(terraform.folder, 'main.tf'), 'utf8');
    const withLedger = (ledger: string): void =>
      terraform.write({
        'main.tf': main.replace('provider "nexus" {', `provider "nexus" {\n  ledger = "${ledger}"`),
      });
    withLedger('postgres://nexus:hidden@db.example/ledger');
    const refused = await terraform.run(['plan', '-no-color', '-input=false']);
    expect(refused.code).toBe(1);
    expect(refused.output.replace(/[\s│╵╷]+/g, ' ')).toMatch(/^(?!.*hidden).*it has a password in it/);
    withLedger(server.url);
    const stateDir = join(terraform.folder, '.nexus');
    const hostd = { stateDir, entry: newEnvironment().hostdEntry, ledgerIntervalMs: 1500 };
    (await ensureHostd(hostd)).close();
    await terraform.apply();
    expect(await terraform.planActions()).toEqual({});
    const { boot_cid: boot } = (await terraform.state())['nexus_deployment.n-0']?.values ?? {};
    expect(await cidsOf(site.address, site)).toContain(boot);
    expect(existsSync(join(terraform.folder, '.nexus/ledger'))).toBe(false);
    expect(readFileSync(join(terraform.folder, '.nexus/ledger-place'), 'utf8')).toBe(`${server.url}\n`);
    const status = await runNexus(['verify', '--state', join(terraform.folder, '.nexus')]);
    expect(status).toMatchObject({ code: 0 });
    const interval = await heartbeatsIn(site);
    expect(interval.predicate).toMatchObject({ nodeCount: 1, silentCount: 0 });
  } finally {
    await endSwarm(terraform);
    server.child.kill('SIGTERM');
    await server.ended;
  }
  await checkSite(site, []);
}, 180_000);

/** The first interval in which something was heard, signed by the collector that the deployer introduced. */
async function heartbeatsIn(site: Site): Promise<StatementOf<'heartbeat-interval'>> {
  const [place, verifierKey] = [parseLedgerPlace(site.address, '/'), verifierKeyOf(site)];
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const ledger = await openLedgerReaderAt({ place, verifierKey });
    let collector = '';
    for await (const { statement, publicKey } of ledger.entries()) {
      if (isKind(statement, 'key') && statement.predicate.role === 'collector')
        collector = statement.predicate.key;
      if (!isKind(statement, 'heartbeat-interval') || statement.predicate.count === 0) continue;
      expect(Buffer.from(publicKey).toString('hex')).toBe(collector);
      return statement;
    }
    await sleep(200);
  }
  throw new Error('no interval of heartbeats came into the ledger');
}

async function runNexus(args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const { child, lines, ended } = start([nexus, ...args]);
  child.stdin?.end();
  await ended;
  return { code: child.exitCode, out: lines.join('\n') };
}

test('a server that is killed again and again: whoever appends through it waits, and nothing is lost or doubled', async () => {
  const site = await makeSite('served_killed');
  await makeDeployer(site, site.address);
  const listen = `unix:${join(home, 'ledger.sock')}`;
  const args = [nexus, 'ledger', 'serve', '--state', site.stateDir, '--listen', listen];
  const serve = (): Child => start(args, { ...process.env, NEXUS_LEDGER: site.address });
  let server = serve();
  await server.ready;
  const writer = start([program, listen, site.keysFolder]);
  await writer.ready;
  const numbers = Array.from({ length: 60 }, (_, n) => 2 * (n + 1));
  writer.child.stdin?.end(`${numbers.join('\n')}\n`);
  for (let round = 0; round < 4; round += 1) {
    await sleep(100);
    server.child.kill('SIGKILL');
    await server.ended;
    server = serve();
    await server.ready;
  }
  await writer.ended;
  expect(failures([writer])).toEqual([]);
  const cids = await checkSite(site, [writer]);
  expect(cids).toHaveLength(61);
  expect(cids).toEqual(expect.arrayContaining(numbers.map((number) => cidOfStatement(recordOf(number)))));
  server.child.kill('SIGTERM');
  await server.ended;
}, 120_000);
