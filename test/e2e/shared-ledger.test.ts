import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cidOfStatement, isKind, type StatementOf } from '../../model';
import { ensureHostd } from '../../providers/deploy/hostd';
import { auditLedgerAt, openLedgerReaderAt, parseLedgerPlace } from '../../providers/provchain';
import { attachSwarm, endSwarm, newEnvironment } from '../support/swarm-project';
import {
  acknowledged,
  type Child,
  chanceOf,
  checkSite,
  cidsOf,
  deployThrough,
  failures,
  home,
  makeDeployer,
  makeSite,
  nexus,
  postgres,
  program,
  runNexus,
  type Site,
  seed,
  start,
  startServer,
  startWriter,
  verifierKeyOf,
} from './_shared-site';
import { recordOf } from './ledger-writer';

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
