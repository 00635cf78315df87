/** Cells of foreign packages, from packages that dpkg-deb made. */
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { CarReader } from '@ipld/car';
import { checkLinuxSystem, type LinuxCell, type LinuxSystem, type PinnedPackage } from '../../../../model';
import { createFactory } from '../../../../providers/factory';
import {
  buildLinuxCell,
  filterCell,
  formatLinuxNpk,
  lockOf,
  Origins,
  type UnpackContext,
} from '../../../../providers/factory/graft';
import { temporaryFolder } from '../_folders';
import { makePackage } from './_packages';

const mirror = temporaryFolder();
const tool = makePackage(mirror, 'tool', {
  'usr/bin/tool': '#!/usr/bin/env shell\n',
  'usr/share/doc/tool/README': 'much to read\n'.repeat(100),
  'lib/tool/data': 'data',
  'usr/lib/current': '-> tool/data',
});
const shell = makePackage(mirror, 'shell', {
  'usr/bin/env': 'env',
  'bin/shell': 'a shell',
  'etc/shell.conf': 'x',
});
const plain: LinuxCell = {
  name: 'tool',
  packages: [
    { name: 'shell', from: undefined },
    { name: 'tool', from: undefined },
  ],
  keep: ['usr/bin/tool'],
  drop: [],
  links: [],
  pledges: ['stdio'],
  unveils: [],
  run: undefined,
};

function systemOf(cell: LinuxCell): LinuxSystem {
  return checkLinuxSystem({
    name: 'test',
    profile: 'dragonbox',
    architecture: 'x86_64',
    repositories: [{ adapter: 'debian', suite: 'test', mirror, components: [], keys: [] }],
    cells: [cell],
  });
}

async function contextOf(cell: LinuxCell, stateDir = temporaryFolder()): Promise<UnpackContext> {
  const factory = await createFactory({ stateDir, kernelFolder: 'none' });
  return { factory, origins: new Origins({ system: systemOf(cell), baseFolder: '/', store: factory.store }) };
}

async function build(
  some: Partial<LinuxCell> = {},
  packages: readonly PinnedPackage[] = [shell, tool],
  stateDir = temporaryFolder(),
) {
  const cell = systemOf({ ...plain, ...some }).cells[0] ?? plain;
  const context = await contextOf(cell, stateDir);
  const built = await buildLinuxCell(
    { cell, architecture: 'x86_64', lock: { cell: cell.name, packages } },
    context,
  );
  return { built, context, stateDir };
}

test('a cell keeps its roots and what they need, and says what share of the packages that is', async () => {
  const { built } = await build();
  expect(built.tree.filter(({ type }) => type === 'file').map(({ path }) => path)).toEqual([
    'usr/bin/env',
    'usr/bin/shell',
    'usr/bin/tool',
  ]);
  expect(built.sizeBytes).toBeLessThan(built.foreignSizeBytes / 20);
  expect(existsSync(join(mirror, 'somebody-ran-a-script'))).toBe(false);
});

test('the same packages are the same cell in another folder, and under another umask', async () => {
  const one = await build();
  const before = process.umask(0o077);
  try {
    expect((await build()).built.variantCid).toBe(one.built.variantCid);
  } finally {
    process.umask(before);
  }
});

test.each<[string, Partial<LinuxCell>]>([
  ['a pledge', { pledges: ['stdio', 'inet'] }],
  ['an unveil', { unveils: [{ path: '/srv', rights: 'r' }] }],
  ['a root', { keep: ['usr/bin/tool', 'etc/shell.conf'] }],
  ['a link', { links: [{ path: '/bin/sh', target: 'shell' }] }],
  ['what it runs', { run: ['/usr/bin/tool'] }],
])('%s makes another cell', async (_, change) => {
  expect((await build(change)).built.variantCid).not.toBe((await build()).built.variantCid);
});

test('a rebuild finds what is there, also when the mirror has lost the packages', async () => {
  const { built, stateDir } = await build();
  const gone = { ...tool, path: 'pool/gone.deb' };
  expect((await build({}, [shell, gone], stateDir)).built).toMatchObject({
    isReused: true,
    variantCid: built.variantCid,
  });
  const other = await build({ keep: ['usr/bin/env'] }, [shell, gone], stateDir);
  expect(other.built.isReused).toBe(false);
});

test('files that a power cut took from the store are unpacked again', async () => {
  const { built, context, stateDir } = await build();
  for (const node of built.tree) if (node.type === 'file') rmSync(context.factory.store.pathOf(node.block));
  const again = await build({}, [shell, tool], stateDir);
  expect(again.built).toMatchObject({ isReused: false, variantCid: built.variantCid });
  for (const node of again.built.tree)
    if (node.type === 'file') expect(await again.context.factory.store.has(node.block)).toBe(true);
});

test('a package that the mirror serves changed or cut is refused, and nothing of it stays', async () => {
  const own = temporaryFolder();
  const cut = makePackage(own, 'cut', { 'usr/bin/cut': 'x' });
  truncateSync(join(own, cut.path), cut.sizeBytes - 1);
  const cell = { ...plain, name: 'cut', packages: [{ name: 'cut', from: undefined }], keep: [] };
  const system = {
    ...systemOf(cell),
    repositories: [{ ...systemOf(cell).repositories[0], mirror: own }],
  } as LinuxSystem;
  const factory = await createFactory({ stateDir: temporaryFolder(), kernelFolder: 'none' });
  const context = { factory, origins: new Origins({ system, baseFolder: '/', store: factory.store }) };
  const request = { cell, architecture: 'x86_64' as const, lock: { cell: 'cut', packages: [cut] } };
  await expect(buildLinuxCell(request, context)).rejects.toMatchObject({ code: 'wrong-digest' });
  expect(await factory.store.list()).toEqual([]);
  expect(readdirSync(join(factory.store.folder, 'temporary'))).toEqual([]);
});

test('a link stands where the merged /usr has it, and none over a file of a package', async () => {
  const { built } = await build({ links: [{ path: '/bin/sh', target: '/usr/bin/shell' }] });
  expect(built.tree.find(({ path }) => path === 'usr/bin/sh')).toMatchObject({
    type: 'link',
    target: 'shell',
  });
  await expect(build({ links: [{ path: '/bin/shell', target: 'env' }] })).rejects.toMatchObject({
    code: 'file-conflict',
  });
});

test('a program whose interpreter no package has is an error that names both', async () => {
  await expect(build({ packages: [{ name: 'tool', from: undefined }] }, [tool])).rejects.toThrow(
    'Cannot build cell "tool": "usr/bin/tool" needs "/usr/bin/env", which none of its packages has',
  );
});

test('each kept file says why it stayed', async () => {
  const cell = plain;
  const context = await contextOf(cell);
  const request = { cell, architecture: 'x86_64' as const, lock: { cell: 'tool', packages: [shell, tool] } };
  const { reasons } = await filterCell(request, context);
  expect(reasons.get('usr/bin/tool')).toEqual({ kind: 'kept', pattern: 'usr/bin/tool' });
  expect(reasons.get('usr/bin/shell')).toEqual({ kind: 'interpreter', by: 'usr/bin/tool' });
});

test('a .npk is a CAR file that a foreign reader opens, its manifest first', async () => {
  const { built, context } = await build();
  const parts: Uint8Array[] = [];
  for await (const part of formatLinuxNpk(built.npk, context.factory.store)) parts.push(part);
  const reader = await CarReader.fromBytes(Buffer.concat(parts));
  expect((await reader.getRoots()).map(String)).toEqual([built.variantCid]);
  let count = 0;
  for await (const { cid } of reader.blocks()) count += cid.toString().length > 0 ? 1 : 0;
  expect(count).toBe(
    2 + new Set(built.tree.flatMap((node) => (node.type === 'file' ? [node.block] : []))).size,
  );
});

test.each([
  [{ system: 'other' }, 'it is of system "other"'],
  [{ cells: [] }, 'it has no cell "tool"'],
  [{ cells: [{ cell: 'tool', packages: [shell] }] }, 'wants package "tool", which it does not pin'],
])('a lock of something else is refused: %#', (change, reason) => {
  const lock = { system: 'test', architecture: 'x86_64' as const, cells: [], ...change };
  expect(() => lockOf(plain, systemOf(plain), lock, 'nexus.lock.kdl')).toThrow(reason);
});
