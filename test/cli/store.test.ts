/** `nexus store gc` and `check` over a state folder with recipes, releases, nodes and locks. */
import { readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noteLockFile } from '../../cli/lock-places';
import { type Cid, cidOfRaw, encodeDagCbor, formatLock, linkTo, sha256 } from '../../model';
import { RecipeCache } from '../../providers/factory';
import { BlockStore } from '../../providers/store';
import { Desk } from './_io';
import { image, makeLedger, recordRelease } from './_ledger';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

const storeOf = (): Promise<BlockStore> => BlockStore.open(join(desk.stateDir, 'store'));
const recipesOf = (): Promise<RecipeCache> => RecipeCache.open(join(desk.stateDir, 'recipes'));
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

/** As if it had all been made two months ago by processes that are gone. */
async function age(): Promise<void> {
  const longAgoS = Date.now() / 1000 - 60 * 24 * 3600;
  const [store, recipes] = [await storeOf(), await recipesOf()];
  for (const cid of await store.list()) utimesSync(store.pathOf(cid), longAgoS, longAgoS);
  for (const { key } of await recipes.entries())
    utimesSync(join(recipes.folder, key.slice(0, 2), key), longAgoS, longAgoS);
  const marks = join(store.folder, 'in-use');
  for (const name of readdirSync(marks)) rmSync(join(marks, name));
}

async function recipeFor(name: string, output: Cid): Promise<void> {
  await (await recipesOf()).record({ name, inputs: {}, tools: 'none' }, output);
}

test('recipes used lately, releases, deployments and locks keep what they need; the rest goes', async () => {
  const store = await storeOf();
  const { client } = await makeLedger(desk);
  const leaf = await store.put('raw', bytesOf('a file'));
  const tree = await store.put('dag-cbor', encodeDagCbor([linkTo(leaf)]).bytes);
  const unused = await store.put('raw', bytesOf('of a recipe that nobody uses'));
  const [pinned, noted] = [
    await store.put('raw', bytesOf('pinned')),
    await store.put('raw', bytesOf('noted')),
  ];
  const images: Cid[] = [];
  for (const number of [1, 2, 3]) {
    images.push(await store.put('raw', bytesOf(`image ${number}`)));
    await recordRelease(client, 'second', ['n-9'], cidOfRaw(bytesOf(`image ${number}`)));
  }
  await recipeFor('unused', unused);
  writeFileSync(join(desk.folder, 'nexus.lock.kdl'), lockOf('pinned'));
  writeFileSync(join(desk.folder, 'other.lock'), lockOf('noted'));
  await noteLockFile(desk.stateDir, join(desk.folder, 'other.lock'));
  await noteLockFile(desk.stateDir, join(desk.folder, 'gone.lock'));
  await age();
  await recipeFor('used', tree);
  const args = ['store', 'gc', '--keep-releases', '2'];
  const dry = await desk.nexus(...args, '--dry-run');
  expect(dry.out).toContain('Would free 35 bytes in 2 blocks, and forget 1 recipe');
  expect((await (await storeOf()).list()).length).toBe(9);
  const { code, out } = await desk.nexus(...args);
  expect([code, out]).toEqual([0, dry.out.replace('Would free', 'Freed').replace('forget', 'forgot')]);
  const kept = [leaf, tree, pinned, noted, image, ...images.slice(1)];
  expect(await (await storeOf()).list()).toEqual(kept.sort());
  expect((await (await recipesOf()).entries()).map(({ output }) => output)).toEqual([tree]);
  expect(await desk.json('store', 'gc')).toMatchObject({ removedCount: 0, releaseCount: 4, packageCount: 2 });
});

const lockOf = (text: string): string =>
  formatLock({
    system: 's',
    architecture: 'x86_64',
    cells: [
      {
        cell: 'web',
        packages: [
          {
            adapter: 'debian',
            name: 'p',
            version: '1',
            architecture: 'x86_64',
            path: 'pool/p.deb',
            sizeBytes: text.length,
            sha256: Buffer.from(encodeHash(text)).toString('hex'),
          },
        ],
      },
    ],
  });
const encodeHash = (text: string): Uint8Array => sha256(bytesOf(text));

test('a ledger, a node or a lock that cannot be read removes nothing', async () => {
  await makeLedger(desk);
  const store = await storeOf();
  const orphan = await store.put('raw', bytesOf('nobody needs it'));
  await age();
  desk.write({ 'bad.lock.kdl': 'lock {' });
  expect(await desk.nexus('store', 'gc', '--lock', 'bad.lock.kdl')).toMatchObject({ code: 1, out: '' });
  expect(await desk.nexus('store', 'gc', '--lock', 'none.kdl')).toMatchObject({ code: 1, out: '' });
  desk.write({ '.nexus/nodes/n-0/node.json': '{' });
  expect(await desk.nexus('store', 'gc')).toMatchObject({ code: 1, out: '' });
  rmSync(join(desk.stateDir, 'nodes/n-0/node.json'));
  const pub = join(desk.stateDir, 'keys/log.pub');
  renameSync(pub, `${pub}.away`);
  expect(await desk.nexus('store', 'gc')).toMatchObject({ code: 2, out: '' });
  expect(await store.list()).toContain(orphan);
  renameSync(`${pub}.away`, pub);
  expect((await desk.nexus('store', 'gc')).out).toContain('Freed 15 bytes in 1 block.');
});

test('check names bad blocks and recipes that lead to none; --repair removes both', async () => {
  const store = await storeOf();
  const [good, bad] = [await store.put('raw', bytesOf('good')), await store.put('raw', bytesOf('bad'))];
  const tree = await store.put('dag-cbor', encodeDagCbor([linkTo(cidOfRaw(bytesOf('lost')))]).bytes);
  for (const [name, cid] of Object.entries({ good, bad, tree })) await recipeFor(name, cid);
  expect(await desk.json('store', 'check')).toMatchObject({
    code: 3,
    bad: [],
    badRecipes: [{ output: tree }],
  });
  writeFileSync(store.pathOf(bad), 'bax');
  const checked = await desk.nexus('store', 'check');
  expect(checked.code).toBe(3);
  expect(checked.out).toContain(`bad  block   ${bad}  changed\n`);
  expect(checked.out).toContain('1 block and 2 recipes are bad. `nexus store check --repair` removes them.');
  expect(await desk.nexus('store', 'check', '--repair')).toMatchObject({ code: 0 });
  expect(await store.list()).toEqual([good, tree].sort());
  expect((await desk.nexus('store', 'check')).out).toBe(
    `Checked 2 blocks of 46 bytes and 1 recipe: all are whole.\n`,
  );
});
