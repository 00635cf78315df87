/** Images and whole systems: cache, budget, and what is refused. */
import { join } from 'node:path';
import { cidOfRaw, formatError, parseSystem } from '../../../model';
import { buildCell, buildImage, buildSystem, formatParts, plannedImage } from '../../../providers/factory';
import { writeFiles } from './_folders';
import { factoryIn, type Workshop, workshop } from './_tools';

const text = `system "swarm" version=1 {
    profile "tinybox"
    cell "hello" { source "cells/hello"; pledge "stdio"; }
    cell "other" { source "cells/other"; }
}
`;
const system = parseSystem(text, 'system.kdl');
const fileIn = ({ folder }: Workshop) => join(folder, 'system.kdl');

async function cellsOf({ folder, factory }: Workshop): Promise<Record<string, string>> {
  const cells = [];
  for (const definition of system.cells) cells.push(await buildCell(definition, folder, factory));
  return Object.fromEntries(cells.map(({ name, variantCid }) => [name, variantCid]));
}

test('a system is built with its cells and its image, and the second time nothing is compiled', async () => {
  const shop = await workshop();
  const built = await buildSystem(text, fileIn(shop), shop.factory);
  expect(shop.tools.runs).toEqual(['cell hello', 'cell other', 'kernel']);
  expect(built.image.sizeBytes).toBe(1128);
  expect(cidOfRaw(await shop.factory.store.get(built.image.imageCid))).toBe(built.image.imageCid);
  const again = await buildSystem(text, fileIn(shop), await factoryIn(shop.folder, shop.tools));
  expect(again).toEqual(built);
  expect(shop.tools.runs).toHaveLength(3);
});

test('the order of cells in the text changes no image', async () => {
  const shop = await workshop();
  const lines = text.split('\n');
  const turned = [lines[0], lines[1], lines[3], lines[2], lines[4]].join('\n');
  const built = await buildSystem(text, fileIn(shop), shop.factory);
  expect((await buildSystem(turned, fileIn(shop), shop.factory)).image.imageCid).toBe(built.image.imageCid);
});

test('a plan knows the CID of an image built before, and never compiles', async () => {
  const shop = await workshop();
  const cells = await cellsOf(shop);
  expect(await plannedImage(system, cells, shop.factory)).toBeUndefined();
  const built = await buildImage(system, cells, shop.factory);
  const runs = shop.tools.runs.length;
  expect(await plannedImage(system, cells, shop.factory)).toEqual(built);
  expect(shop.tools.runs).toHaveLength(runs);
});

test('a changed kernel or cell is another image, and the unchanged parts are not compiled', async () => {
  const shop = await workshop();
  const first = await buildSystem(text, fileIn(shop), shop.factory);
  writeFiles(shop.folder, { 'cells/other/other.c': 'changed' });
  const second = await buildSystem(text, fileIn(shop), shop.factory);
  writeFiles(shop.folder, { 'kernel/main.c': 'changed' });
  const third = await buildSystem(text, fileIn(shop), shop.factory);
  expect(shop.tools.runs.slice(3)).toEqual(['cell other', 'kernel']);
  expect(new Set([first, second, third].map(({ image }) => image.imageCid)).size).toBe(3);
  expect(third.image.kernelDigest).not.toBe(first.image.kernelDigest);
});

test('an image over its budget is refused, with its largest parts, and not kept', async () => {
  const shop = await workshop();
  shop.tools.cellSizeBytes = 20_000;
  const blocks = await cellsOf(shop).then(() => shop.factory.store.list());
  const error: unknown = await buildSystem(text, fileIn(shop), shop.factory).catch(
    (thrown: unknown) => thrown,
  );
  expect(formatError(error)).toBe(
    [
      'Cannot build image "swarm": 41000 bytes, expected at most 32768 for profile "tinybox"',
      '  hint: Take 8232 bytes off its parts:',
      '    20000 bytes   49%  cell hello',
      '    20000 bytes   49%  cell other',
      '     1000 bytes    2%  kernel',
    ].join('\n'),
  );
  expect(await shop.factory.store.list()).toHaveLength(blocks.length + 1);
  expect(await plannedImage(system, await cellsOf(shop), shop.factory)).toBeUndefined();
});

test('a long table of parts ends with one line for the rest', () => {
  const parts = Array.from({ length: 13 }, (_, index) => ({ name: `cell c${index}`, sizeBytes: 10 + index }));
  const lines = formatParts(parts, 208).split('\n');
  expect(lines).toHaveLength(11);
  expect(lines[0]).toContain('cell c12');
  expect(lines[10]).toBe('    33 bytes   16%  3 more');
});

test('a profile that is not built yet is refused before anything is compiled', async () => {
  const shop = await workshop();
  const other = text.replace('tinybox', 'dragonbox');
  await expect(buildSystem(other, fileIn(shop), shop.factory)).rejects.toMatchObject({
    code: 'profile-not-built',
  });
  expect(shop.tools.runs).toEqual([]);
});

test('an error in the text has its place', async () => {
  const shop = await workshop();
  await expect(
    buildSystem(text.replace('pledge', 'plege'), 'system.kdl', shop.factory),
  ).rejects.toMatchObject({
    code: 'unknown-node',
    place: { file: 'system.kdl', line: 3, column: 42 },
  });
});

test('cells too few, too many or of another definition are refused', async () => {
  const shop = await workshop();
  const cells = await cellsOf(shop);
  const { hello = '', other = '' } = cells;
  const build = (some: Record<string, string>) => buildImage(system, some, shop.factory);
  await expect(build({ hello })).rejects.toMatchObject({ code: 'wrong-cells' });
  await expect(build({ ...cells, third: hello })).rejects.toMatchObject({ code: 'wrong-cells' });
  await expect(build({ hello: other, other: hello })).rejects.toMatchObject({ code: 'wrong-cell' });
  await expect(build({ hello: 'x', other })).rejects.toMatchObject({ code: 'bad-cid' });
  const missing = cidOfRaw(Uint8Array.of(1));
  await expect(build({ hello: missing, other })).rejects.toMatchObject({ code: 'missing-block' });
  const stricter = parseSystem(text.replace('pledge "stdio"; ', ''), 'system.kdl');
  await expect(buildImage(stricter, cells, shop.factory)).rejects.toMatchObject({ code: 'wrong-cell' });
});

test('a build that is told to stop keeps no image', async () => {
  const shop = await workshop();
  const cells = await cellsOf(shop);
  const controller = new AbortController();
  shop.tools.onCompile = () => controller.abort();
  const { signal } = controller;
  await expect(buildImage(system, cells, shop.factory, { signal })).rejects.toMatchObject({
    code: 'aborted',
  });
  expect(await plannedImage(system, cells, shop.factory)).toBeUndefined();
});
