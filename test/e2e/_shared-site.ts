/** Logs of their own in a PostgreSQL of their own, and the processes that write to them and serve them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { openClient } from '../../providers/nexus';
import { auditLedgerAt, openLedgerReaderAt, parseLedgerPlace } from '../../providers/provchain';
import { type PostgresServer, startPostgres } from '../support/postgres';
import { newEnvironment } from '../support/swarm-project';
import { Witnesses } from './_witness';
import { recordOf } from './ledger-writer';

export const home = mkdtempSync(join(tmpdir(), 'shared-ledger-'));
export const program = join(home, 'writer.js');
export const nexus = join(__dirname, '../../dist/nexus.js');
export const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
export const running = new Set<ChildProcess>();
export const witnesses = new Witnesses();
export let postgres: PostgresServer;

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
export interface Site {
  readonly database: string;
  readonly address: string;
  readonly stateDir: string;
  readonly keysFolder: string;
}

export async function makeSite(name: string): Promise<Site> {
  await postgres.createDatabase(name);
  const stateDir = join(home, name);
  return { database: name, address: postgres.url(name), stateDir, keysFolder: join(stateDir, 'keys') };
}

export interface Child {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<void>;
  /** Resolves with the first line. */
  readonly ready: Promise<string>;
}

export function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child {
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

export const startWriter = ({ address, keysFolder }: Site): Child => start([program, address, keysFolder]);

/** Lines `appended` by number. */
export function acknowledged({ lines }: Child): Map<number, { cid: string; index: number }> {
  const parts = lines.map((line) => line.split(' ')).filter(([word]) => word === 'appended');
  return new Map(parts.map(([, number, cid = '', index]) => [Number(number), { cid, index: Number(index) }]));
}

export const failures = (writers: readonly Child[]): string[] =>
  writers.flatMap(({ lines }) => lines.filter((line) => line.startsWith('failed')));

export const verifierKeyOf = ({ keysFolder }: Pick<Site, 'keysFolder'>): string =>
  readFileSync(join(keysFolder, 'log.pub'), 'utf8');

export async function cidsOf(place: string, site: Site): Promise<string[]> {
  const ledger = await openLedgerReaderAt({
    place: parseLedgerPlace(place, '/'),
    verifierKey: verifierKeyOf(site),
  });
  const cids: string[] = [];
  for await (const { cid } of ledger.entries()) cids.push(cid);
  return cids;
}

/** All that was acknowledged is there, at its place; nothing is there twice; every row is what it must be. */
export async function checkSite(site: Site, writers: readonly Child[]): Promise<string[]> {
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
export function chanceOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `nexus ledger serve`, and its address. */
export async function startServer(
  site: Site,
  place: string,
  ...more: readonly string[]
): Promise<Child & { url: string }> {
  const args = [nexus, 'ledger', 'serve', '--state', site.stateDir, '--listen', '127.0.0.1:0', ...more];
  const server = start(args, { ...process.env, NEXUS_LEDGER: place });
  return { ...server, url: await server.ready };
}

/** What a deployment writes, by a machine that has the log's verifier key only. */
export async function deployThrough(
  url: string,
  site: Site,
  name: string,
  policy?: Uint8Array,
): Promise<string[]> {
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

export async function makeDeployer(site: Site, place: string): Promise<void> {
  const client = await openClient(site.stateDir, { ...newEnvironment(), ledger: place });
  await client.ledger();
}

export async function runNexus(args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const { child, lines, ended } = start([nexus, ...args]);
  child.stdin?.end();
  await ended;
  return { code: child.exitCode, out: lines.join('\n') };
}
