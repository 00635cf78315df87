/** The store over Debian's docker-registry: pushed, wiped and pulled; only what is missing; killed; with passwords. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cid, encodeDagCbor, linkTo } from '../../model';
import { BlockStore } from '../../providers/store';
import { Desk } from '../cli/_io';
import { temporaryFolder } from '../providers/factory/_folders';
import { bundleScript } from '../providers/factory/_script';
import { builderLine, type Registry, startRegistry } from './_registry';

let registry: Registry;
let [first, second]: Desk[] = [];
beforeEach(async () => {
  registry = await startRegistry(temporaryFolder());
  [first, second] = [new Desk(), new Desk()];
});
afterEach(async () => {
  await registry.stop();
  for (const desk of [first, second]) desk?.remove();
});

const desks = (): readonly [Desk, Desk] => {
  if (first === undefined || second === undefined) throw new Error('no desks');
  return [first, second];
};
const storeOf = (desk: Desk): Promise<BlockStore> => BlockStore.open(join(desk.stateDir, 'store'));
const sent = (): number =>
  registry.requests().filter((line) => /^PUT .*\/blobs\/uploads\/.* 201$/.test(line)).length;
const fetched = (): number =>
  registry.requests().filter((line) => /^GET .*\/blobs\/.* 200$/.test(line)).length;

/** A tree of so many files, of which the first has this text. */
async function putTree(store: BlockStore, count: number, text: string, sizeBytes = 1000): Promise<Cid> {
  const files = [await store.put('raw', Buffer.from(text))];
  for (let number = 1; number < count; number += 1)
    files.push((await store.putStream([Buffer.alloc(sizeBytes, number)], { isDurable: false })).cid);
  return store.put('dag-cbor', encodeDagCbor(files.map((cid) => linkTo(cid))).bytes);
}

test('pushed, wiped and pulled it is the same; of what is there already nothing is sent or fetched again', async () => {
  const [here, there] = desks();
  const place = `${registry.host}/team/builds`;
  const root = await putTree(await storeOf(here), 20, 'one');
  const pushed = await here.nexus('store', 'push', `${place}:latest`, root);
  expect(pushed).toMatchObject({ code: 0, err: '' });
  expect(pushed.out).toContain('in 21 blocks to');
  expect(sent()).toBe(22);
  registry.forget();
  expect(await here.json('store', 'push', place, root)).toMatchObject({ pushed: [{ sentCount: 0 }] });
  expect(registry.requests()).toHaveLength(1);
  const next = await putTree(await storeOf(here), 20, 'two');
  registry.forget();
  expect(await here.json('store', 'push', `${place}:latest`, next)).toMatchObject({
    pushed: [{ sentCount: 2, thereCount: 19 }],
  });
  expect(sent()).toBe(2);
  registry.forget();
  expect((await there.nexus('store', 'pull', root, '--registry', place)).out).toContain('in 21 blocks');
  expect(fetched()).toBe(21);
  registry.forget();
  expect(await there.json('store', 'pull', `${place}:latest`)).toMatchObject({
    pulled: [{ root: next, fetchedCount: 2 }],
  });
  expect(fetched()).toBe(2);
  expect(await (await storeOf(there)).list()).toEqual(await (await storeOf(here)).list());
  expect(await there.json('store', 'check')).toMatchObject({ code: 0, bad: [] });
  rmSync(join(there.stateDir, 'store'), { recursive: true });
  expect(await there.json('store', 'pull', root, '--registry', place)).toMatchObject({
    pulled: [{ fetchedCount: 21 }],
  });
  expect(await there.nexus('store', 'pull', `${place}:none`)).toMatchObject({ code: 1 });
});

test('a push or a pull that is killed goes on where it was, and no tag leads to half of it', async () => {
  const [here, there] = desks();
  const place = `${registry.host}/killed`;
  const root = await putTree(await storeOf(here), 60, 'one', 300_000);
  await killed(here, `await push(root, store, client, options)`, root, place, 3_000_000);
  expect(await there.nexus('store', 'pull', `${place}:${root}`)).toMatchObject({ code: 1, out: '' });
  const before = sent();
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(60);
  registry.forget();
  expect(await here.nexus('store', 'push', place, root)).toMatchObject({ code: 0 });
  // The blocks, and the empty one that the manifest needs.
  expect(before + sent()).toBe(62);
  await killed(there, `await pull(root, store, client, options)`, root, place, 15);
  const kept = (await (await storeOf(there)).list()).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(60);
  expect(await there.json('store', 'pull', root, '--registry', place)).toMatchObject({
    pulled: [{ fetchedCount: 61 - kept, thereCount: kept }],
  });
  expect(await there.json('store', 'check')).toMatchObject({ code: 0, count: 61 });
});

/** Runs it in a process of its own, which kills itself when so much is done. */
async function killed(desk: Desk, act: string, root: Cid, place: string, at: number): Promise<void> {
  const script = bundleScript(`
    import { BlockStore, parseReference, pull, push, RegistryClient } from './providers/store';
    async function main() {
      const [root, place, folder] = ${JSON.stringify([root, place, join(desk.stateDir, 'store')])};
      const store = await BlockStore.open(folder);
      const client = new RegistryClient(parseReference(place));
      const options = { onProgress: (_, done) => { if (done >= ${at}) process.kill(process.pid, 'SIGKILL'); } };
      ${act};
    }
    void main();
  `);
  const child = spawn(process.execPath, [script], { stdio: 'inherit' });
  const signal = await new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
  expect(signal).toBe('SIGKILL');
}

const system =
  'system "n" version=1 {\n    profile "tinybox"\n    cell "hello" { source "cells/hello" }\n}\n';

test('a second machine builds nothing that a trusted one has pushed; one that is not trusted is not believed', async () => {
  const [here, there] = desks();
  const place = `${registry.host}/shared`;
  for (const desk of desks())
    desk.write({
      'system.kdl': system,
      'cells/hello/main.c': 'int main(void) { return 0; }\n',
    });
  const built = await here.json<{ image: string; reused: boolean }>('build');
  expect(built).toMatchObject({ code: 0, reused: false });
  expect(await here.nexus('store', 'push', place)).toMatchObject({ code: 0, err: '' });
  const alone = await there.nexus('build', '--registry', place);
  expect(alone).toMatchObject({ code: 0, err: expect.stringContaining('who is not trusted') });
  expect(alone.out).toContain('built now');
  rmSync(there.stateDir, { recursive: true });
  mkdirSync(join(there.stateDir, 'keys'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(there.stateDir, 'keys/registry.allow'),
    `# the first machine\n${readFileSync(join(here.stateDir, 'keys/deployer.pub'), 'utf8')}`,
  );
  there.env = { ...there.env, NEXUS_REGISTRY: place };
  const shared = await there.json<{ image: string }>('build');
  expect(shared).toMatchObject({ code: 0, image: built.image, reused: true, cells: [{ reused: true }] });
  await registry.stop();
  rmSync(join(there.stateDir, 'store'), { recursive: true });
  rmSync(join(there.stateDir, 'recipes'), { recursive: true });
  const offline = await there.nexus('build');
  expect(offline).toMatchObject({ code: 0, err: expect.stringContaining('Cannot use in registry') });
  expect(offline.out).toContain('built now');
});

test('a registry with passwords is spoken to with those of docker, and without them says who is missing', async () => {
  await registry.stop();
  registry = await startRegistry(temporaryFolder(), builderLine);
  const [here] = desks();
  const root = await putTree(await storeOf(here), 3, 'one');
  const place = `${registry.host}/private`;
  here.env = { ...here.env, DOCKER_CONFIG: join(here.folder, 'docker') };
  expect(await here.nexus('store', 'push', place, root)).toMatchObject({
    code: 1,
    err: expect.stringContaining('it asks who one is, and no credentials are known for it'),
  });
  const logIn = (password: string): void => {
    const auth = Buffer.from(`builder:${password}`).toString('base64');
    here.write({ 'docker/config.json': JSON.stringify({ auths: { [registry.host]: { auth } } }) });
  };
  logIn('wrong');
  const refused = await here.nexus('store', 'push', place, root);
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('it refuses the credentials') });
  expect(refused.err).not.toContain('wrong');
  logIn('opensesame');
  expect(await here.nexus('store', 'push', place, root)).toMatchObject({ code: 0, err: '' });
  expect(await here.nexus('store', 'pull', `${place}:${root}`)).toMatchObject({ code: 0 });
});
