/** Modules as ELF files with nothing but a `.modinfo`, in trees of a store. */
import { NexusError } from '../../../../model';
import { findKernel, selectModules } from '../../../../providers/factory/linux/modules';
import type { FileTree, TreeFile } from '../../../../providers/nip';
import { BlockStore } from '../../../../providers/store';
import { temporaryFolder } from '../_folders';

/** An ELF file of 64 bits with the sections "", ".modinfo" and ".shstrtab". */
function moduleOf(...info: readonly string[]): Buffer {
  const content = Buffer.from(info.map((text) => `${text}\0`).join(''));
  const names = Buffer.from('\0.modinfo\0.shstrtab\0');
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01', 0, 'latin1');
  header.writeBigUInt64LE(BigInt(64 + content.length + names.length), 40);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(3, 60);
  header.writeUInt16LE(2, 62);
  const section = (name: number, offset: number, sizeBytes: number): Buffer => {
    const bytes = Buffer.alloc(64);
    bytes.writeUInt32LE(name, 0);
    bytes.writeBigUInt64LE(BigInt(offset), 24);
    bytes.writeBigUInt64LE(BigInt(sizeBytes), 32);
    return bytes;
  };
  const end = 64 + content.length;
  const sections = [section(0, 0, 0), section(1, 64, content.length), section(10, end, names.length)];
  return Buffer.concat([header, content, names, ...sections]);
}

async function treeOf(files: Readonly<Record<string, Uint8Array>>) {
  const store = await BlockStore.open(temporaryFolder());
  const tree: TreeFile[] = [];
  for (const [path, bytes] of Object.entries(files))
    tree.push({
      type: 'file',
      path,
      mode: 0o644,
      sizeBytes: bytes.length,
      block: await store.put('raw', bytes),
    });
  return { store, tree: tree as FileTree };
}

const folder = 'usr/lib/modules/6.1/kernel';
const kernel = {
  'usr/lib/modules/6.1/modules.builtin': Buffer.from('kernel/fs/ext4/ext4.ko\n'),
  [`${folder}/net-card.ko`]: moduleOf('depends=failover,bus', 'alias=virtio:d00000001v*'),
  [`${folder}/failover.ko`]: moduleOf('depends='),
  [`${folder}/bus.ko`]: moduleOf('depends=ext4', 'softdep=pre: crc32c missing post: later'),
  [`${folder}/crc_generic.ko`]: moduleOf('alias=crc32c', 'alias=crypto-crc32c'),
  [`${folder}/later.ko`]: moduleOf('depends=bus'),
  [`${folder}/broken.ko`]: Buffer.from('no module'),
  [`${folder}/needy.ko`]: moduleOf('depends=gone'),
};

const namesOf = async (...wanted: readonly string[]): Promise<readonly string[]> => {
  const { store, tree } = await treeOf(kernel);
  return (await selectModules(tree, wanted, store)).map(({ name }) => name);
};

test('a module comes after all that it needs, and what it asks for softly as far as it is there', async () => {
  expect(await namesOf('net-card')).toEqual(['failover', 'crc_generic', 'bus', 'later', 'net_card']);
});

test('a module is found by a pattern of its devices, and in either spelling, once', async () => {
  expect(await namesOf('virtio:d00000001v00001AF4', 'net_card', 'failover')).toEqual(
    await namesOf('net-card'),
  );
});

test('what is built into the kernel needs no module', async () => {
  expect(await namesOf('ext4')).toEqual([]);
});

test.each([
  ['unknown', 'missing-module', /"unknown"/],
  ['needy', 'missing-module', /"gone", which "needy" needs/],
  ['broken', 'missing-module', /broken\.ko" is no module/],
])('%s is refused by name', async (name, code, message) => {
  const error: unknown = await namesOf(name).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NexusError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
});

test('a kernel is the one bootable file of its package', async () => {
  const { tree } = await treeOf({
    'boot/vmlinuz-6.1.0': Buffer.from('k'),
    'boot/config-6.1.0': Buffer.from('c'),
  });
  expect(findKernel(tree)).toMatchObject({ release: '6.1.0', image: { path: 'boot/vmlinuz-6.1.0' } });
  expect(() => findKernel([])).toThrow(expect.objectContaining({ code: 'no-kernel' }));
});
