/** A ledger's storage in PostgreSQL, by itself: its head, its commits and its files, and a server that goes away. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PostgresStorage } from '../../providers/provchain/postgres/storage';
import type { Head } from '../../providers/provchain/storage/head';
import { type PostgresServer, postgresPassword, startPostgres } from '../support/postgres';

let postgres: PostgresServer;
const open: PostgresStorage[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
}, 30_000);
afterEach(async () => {
  for (const storage of open.splice(0)) await storage.close();
});
afterAll(() => postgres.end());

const id = (digit: string): string => digit.repeat(64);
const empty = { head: { size: 0, id: id('0') }, bytes: Buffer.from('first'), files: [] };
const one = { size: 1, id: id('1') };
const two = { size: 2, id: id('2') };
let databaseCount = 0;

function storageAt(address: string, origin = 'log/a'): PostgresStorage {
  const storage = new PostgresStorage({ address, origin, patienceMs: 10_000 });
  open.push(storage);
  return storage;
}

/** In a database of its own. */
async function makeStorage(): Promise<{ database: string; storage: PostgresStorage }> {
  databaseCount += 1;
  const database = `ledger${databaseCount}`;
  await postgres.createDatabase(database);
  const storage = storageAt(postgres.url(database));
  await storage.create(() => empty);
  return { database, storage };
}

test('eight that make one log at once make one, and a database has several logs', async () => {
  databaseCount += 1;
  await postgres.createDatabase(`ledger${databaseCount}`);
  const address = postgres.url(`ledger${databaseCount}`);
  await expect(storageAt(address).readHead()).rejects.toMatchObject({ code: 'no-ledger' });
  const storages = Array.from({ length: 8 }, () => storageAt(address));
  await Promise.all(
    storages.map((storage, at) =>
      storage.create(() => ({ ...empty, head: { size: 0, id: id(String(at)) } })),
    ),
  );
  const heads = await Promise.all(storages.map((storage) => storage.readHead()));
  expect(new Set(heads.map((head) => head.id)).size).toBe(1);
  const other = storageAt(address, 'log/b');
  await expect(other.readHead()).rejects.toMatchObject({ code: 'no-ledger' });
  await other.create(() => empty);
  await other.commit(empty.head, one, Buffer.from('one'));
  expect(await other.readHead()).toMatchObject({ size: 1, retainedCount: 2 });
  expect(await storages[0]?.readHead()).toMatchObject({ size: 0, retainedCount: 1 });
}, 30_000);

test('of many commits on one base one wins, and of the others nothing is left', async () => {
  const { database, storage } = await makeStorage();
  const rivals = Array.from({ length: 8 }, () => storageAt(postgres.url(database)));
  await Promise.all(rivals.map((rival) => rival.readHead()));
  const outcomes = await Promise.all(
    rivals.map((rival, at) =>
      rival.commit(empty.head, { size: 1, id: id(String(at + 1)) }, Buffer.from([at])),
    ),
  );
  expect(outcomes.filter(Boolean)).toHaveLength(1);
  const winner = outcomes.indexOf(true);
  expect(await storage.readHead()).toMatchObject({ size: 1, id: id(String(winner + 1)), retainedCount: 2 });
  expect(await storage.readCommit(id(String(winner + 1)))).toEqual(Buffer.from([winner]));
});

test('files are placed, replaced, read within a bound, dropped by folder, and listed', async () => {
  const { storage } = await makeStorage();
  const file = (path: string, text: string) => ({ path, bytes: Buffer.from(text) });
  await storage.place([file('tile/0/000.p/1', 'b'), file('checkpoint', 'old'), file('tile/0/000', 'full')]);
  await storage.place([file('checkpoint', 'new')]);
  expect(await storage.read('checkpoint', 3)).toEqual(Buffer.from('new'));
  expect(await storage.read('absent', 3)).toBeUndefined();
  await expect(storage.read('checkpoint', 2)).rejects.toThrow('"checkpoint": 3 bytes, expected at most 2');
  await storage.retire({ commits: [empty.head.id, id('9')], folders: ['tile/0/000.p'] });
  expect(await storage.inspect()).toMatchObject({ files: ['checkpoint', 'tile/0/000'], fileCount: 4 });
});

test('of the commits that are behind the newest are kept', async () => {
  const { storage } = await makeStorage();
  let head: Head = empty.head;
  for (let size = 1; size <= 60; size += 1) {
    const next = { size, id: size.toString(16).padStart(64, '0') };
    await storage.commit(head, next, Buffer.from('commit'));
    await storage.retire({ commits: [head.id], folders: [] });
    head = next;
  }
  expect(await storage.readHead()).toMatchObject({ size: 60, retainedCount: 48 });
  expect(await storage.readCommit(empty.head.id)).toBeUndefined();
});

test('a reader does not wait for a writer that holds the row, another writer does', async () => {
  const { database, storage } = await makeStorage();
  let isHeld = true;
  const holder = postgres
    .query(database, 'DO $$ BEGIN PERFORM 1 FROM provchain.log FOR UPDATE; PERFORM pg_sleep(2); END $$')
    .then(() => {
      isHeld = false;
    });
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`;
  while ((await postgres.query(database, waiting)).length === 0);
  expect(await storage.readHead()).toMatchObject({ size: 0 });
  await storage.place([{ path: 'checkpoint', bytes: Buffer.from('a') }]);
  expect(await storage.read('checkpoint', 10)).toBeDefined();
  expect(isHeld).toBe(true);
  expect(await storage.commit(empty.head, one, Buffer.from('one'))).toBe(true);
  await holder;
});

/** A trigger that does its worst when the head moves on to that id. */
async function sabotage(database: string, when: string, action: string): Promise<void> {
  await postgres.query(
    database,
    `CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${action}; RETURN NULL; END $$`,
  );
  await postgres.query(
    database,
    `CREATE CONSTRAINT TRIGGER sabotage AFTER INSERT ON provchain.commit DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION sabotage()`,
  );
}

test('a connection that is cut during the commit: it is done once, and told truly', async () => {
  const { database, storage } = await makeStorage();
  // The first attempt only: sequences are not undone.
  await postgres.query(database, 'CREATE SEQUENCE attempts');
  await sabotage(
    database,
    `NEW.id = '${one.id}'`,
    `IF nextval('attempts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); END IF`,
  );
  await storage.readHead();
  expect(await storage.commit(empty.head, one, Buffer.from('one'))).toBe(true);
  expect(await postgres.query(database, 'SELECT last_value, fence FROM attempts, provchain.log')).toEqual([
    { last_value: '2', fence: '1' },
  ]);
  expect(await storage.readHead()).toMatchObject({ size: 1, retainedCount: 2 });
});

/**
 * A line to the server that fails once, at the next commit: its answer is lost, or the statement itself comes late, when
 * its client has long given it up.
 */
async function startLine(port: number) {
  const line = { fault: 'none' as 'none' | 'lost answer' | 'late statement', url: '', end: () => {} };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    upstream.on('data', (bytes) => client.write(bytes));
    upstream.on('close', () => client.destroy());
    client.on('data', (bytes) => {
      const { fault } = line;
      if (fault === 'none' || !bytes.includes('WITH won AS')) {
        upstream.write(bytes);
        return;
      }
      line.fault = 'none';
      client.destroy();
      setTimeout(() => upstream.write(bytes), fault === 'late statement' ? 700 : 0);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  line.url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  line.end = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return line;
}

test.each(['lost answer', 'late statement'] as const)('a commit with a %s is done once', async (fault) => {
  const { database, storage } = await makeStorage();
  const [, port = ''] = /:(\d+)\//.exec(postgres.tcpUrl('')) ?? [];
  const line = await startLine(Number(port));
  const remote = storageAt(`postgres://nexus:${postgresPassword}@${line.url}/${database}`);
  await remote.readHead();
  line.fault = fault;
  expect(await remote.commit(empty.head, one, Buffer.from('one'))).toBe(true);
  expect(line.fault).toBe('none');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await storage.readHead()).toMatchObject({ size: 1, id: one.id, retainedCount: 2 });
  expect(await postgres.query(database, 'SELECT fence FROM provchain.log')).toEqual([{ fence: '1' }]);
  expect(await remote.commit(one, two, Buffer.from('two'))).toBe(true);
  line.end();
});

test('a commit that the server still has when its client has given it up cannot win any more', async () => {
  const { database, storage } = await makeStorage();
  await storage.readHead();
  await postgres.query(database, 'UPDATE provchain.log SET fence = fence + 1');
  expect(await storage.commit(empty.head, one, Buffer.from('one'))).toBe(false);
  expect(await storage.readHead()).toMatchObject({ size: 0, retainedCount: 1 });
  expect(await storage.commit(empty.head, two, Buffer.from('two'))).toBe(true);
});

test('a server that is restarted, or crashes, is waited for; what was committed is there', async () => {
  const { storage } = await makeStorage();
  await storage.readHead();
  await storage.commit(empty.head, one, Buffer.from('one'));
  await postgres.stop('crash');
  const reading = storage.readHead();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await postgres.start();
  expect(await reading).toMatchObject({ size: 1, id: one.id });
  await postgres.restart('fast');
  expect(await storage.commit(one, two, Buffer.from('two'))).toBe(true);
  expect(await storage.readCommit(two.id)).toEqual(Buffer.from('two'));
}, 30_000);

test('a wrong address, password, database and version are named, and a password never is', async () => {
  const { database } = await makeStorage();
  const tcp = postgres.tcpUrl(database);
  const errorOf = async (address: string): Promise<string> => {
    const storage = new PostgresStorage({ address, origin: 'log/a', patienceMs: 200 });
    open.push(storage);
    const error = await storage
      .create(() => empty)
      .then(
        () => new Error('done'),
        (each: Error) => each,
      );
    return `${error.message} ${JSON.stringify(error)} ${error.stack}`;
  };
  const withPassword = (password: string): string => tcp.replace('nexus@', `nexus:${password}@`);
  expect(await errorOf(withPassword(postgresPassword))).toMatch(/^done/);
  expect(await errorOf(withPassword('hidden'))).toMatch(
    /^Cannot use ledger "postgres:\/\/nexus@127(?!.*hidden)/s,
  );
  expect(await errorOf(`${tcp}?password=hidden`)).toMatch(/authentication failed(?!.*hidden)/s);
  expect(await errorOf(tcp)).toContain('28P01');
  expect(await errorOf(postgres.url('absent'))).toContain('3D000');
  expect(await errorOf('postgres://nexus:hidden@127.0.0.1:1/a')).toMatch(/^Cannot reach ledger(?!.*hidden)/s);
  expect(() => storageAt('postgres://nexus:hidden@[')).toThrow(/^(?!.*hidden)Cannot use ledger/);
  await postgres.query(database, 'UPDATE provchain.version SET number = 99');
  expect(await errorOf(postgres.url(database))).toContain('have version 99, expected at most 1');
}, 30_000);
