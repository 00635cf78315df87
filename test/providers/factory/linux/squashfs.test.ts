/** The real mksquashfs: one tree is one file, and it holds what the tree says. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeSquashfs } from '../../../../providers/factory/linux/squashfs';
import type { FileTree, TreeFileMode } from '../../../../providers/nip';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../_folders';

const longName = `usr/${'long'.repeat(30)}/${'name'.repeat(30)}`;

async function treeIn(store: BlockStore): Promise<FileTree> {
  const file = async (path: string, text: string, mode: TreeFileMode = 0o644) => {
    const bytes = Buffer.from(text);
    return {
      type: 'file' as const,
      path,
      mode,
      sizeBytes: bytes.length,
      block: await store.put('raw', bytes),
    };
  };
  return [
    { type: 'folder', path: 'etc' },
    await file('etc/empty', ''),
    { type: 'folder', path: 'tmp' },
    { type: 'folder', path: 'usr' },
    { type: 'folder', path: longName.slice(0, longName.lastIndexOf('/')) },
    await file(longName, 'far down\n'),
    await file('usr/program', '#!/bin/sh\n'.repeat(200_000), 0o755),
    { type: 'link', path: 'usr/same', target: 'program' },
  ];
}

async function image(): Promise<string> {
  const folder = temporaryFolder();
  const store = await BlockStore.open(join(folder, 'store'));
  const output = join(folder, 'root');
  await writeSquashfs({ tree: await treeIn(store), store, output });
  return output;
}

test('another folder, user mask, time zone and second give the same bytes', async () => {
  const here = readFileSync(await image());
  const [mask, zone] = [process.umask(0o077), process.env.TZ];
  process.env.TZ = 'Asia/Tokyo';
  try {
    await delay(1100);
    expect(readFileSync(await image()).equals(here)).toBe(true);
    // Superblock of squashfs 4.0: the time of making stands at byte 8.
    expect([here.toString('latin1', 0, 4), here.readUInt32LE(8)]).toEqual(['hsqs', 0]);
  } finally {
    process.umask(mask);
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test('names, modes, links, sizes and owners are those of the tree', async () => {
  const env = { ...process.env, TZ: 'UTC' };
  const list = execFileSync('unsquashfs', ['-lln', await image()], { encoding: 'utf8', env });
  const rows = list
    .trim()
    .split('\n')
    .map((line) => line.replace(/ +/g, ' ').replace('squashfs-root', ''));
  expect(rows).toEqual(
    expect.arrayContaining([
      'drwxr-xr-x 0/0 48 1970-01-01 00:00 ',
      'drwxrwxrwt 0/0 3 1970-01-01 00:00 /tmp',
      '-rw-r--r-- 0/0 0 1970-01-01 00:00 /etc/empty',
      `-rw-r--r-- 0/0 9 1970-01-01 00:00 /${longName}`,
      '-rwxr-xr-x 0/0 2000000 1970-01-01 00:00 /usr/program',
      'lrwxrwxrwx 0/0 7 1970-01-01 00:00 /usr/same -> program',
    ]),
  );
});

test('a tree with a block that is gone, or an output that cannot be written, is an error', async () => {
  const folder = temporaryFolder();
  const store = await BlockStore.open(join(folder, 'store'));
  const tree = await treeIn(store);
  const other = await BlockStore.open(join(folder, 'other'));
  await expect(writeSquashfs({ tree, store: other, output: join(folder, 'root') })).rejects.toMatchObject({
    code: expect.stringMatching(/^(missing-block|tool-failed)$/) as string,
  });
  const output = join(folder, 'no', 'such', 'root');
  await expect(writeSquashfs({ tree, store, output })).rejects.toMatchObject({ code: 'tool-failed' });
  expect(existsSync(output)).toBe(false);
});

test('a build that is told to stop ends the tool', async () => {
  const folder = temporaryFolder();
  const store = await BlockStore.open(join(folder, 'store'));
  const controller = new AbortController();
  const tree = await treeIn(store);
  const writing = writeSquashfs({ tree, store, output: join(folder, 'root'), signal: controller.signal });
  controller.abort();
  await expect(writing).rejects.toMatchObject({ code: 'aborted' });
});
