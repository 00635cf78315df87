/** The door: what a hostile archive may not bring in, and what a good one becomes. */
import * as fc from 'fast-check';
import { cidOfRaw } from '../../../model';
import { type ArchiveEntry, formatTree, parseTree, sealArchive } from '../../../providers/nip';
import { BlockStore } from '../../../providers/store';
import { temporaryFolder } from '../factory/_folders';
import { archive, entry, link, pieces } from './_archive';

const openStore = (): Promise<BlockStore> => BlockStore.open(temporaryFolder());

async function seal(...entries: readonly ArchiveEntry[]) {
  return sealArchive(archive(...entries), { name: 'bad.tar', store: await openStore() });
}

const codeOf = (...entries: readonly ArchiveEntry[]): Promise<unknown> =>
  seal(...entries).then(
    () => undefined,
    (error: { code: unknown }) => error.code,
  );

test('an archive becomes a sorted tree whose contents lie in the store', async () => {
  const store = await openStore();
  const reader = archive(entry('./usr/bin/tool', { mode: 0o755 }), link('usr/lib', 'bin'), entry('etc/conf'));
  const { tree, neutralized } = await sealArchive(reader, { name: 'a.tar', store });
  expect(tree.map(({ path, type }) => `${type} ${path}`)).toEqual([
    'folder etc',
    'file etc/conf',
    'folder usr',
    'folder usr/bin',
    'file usr/bin/tool',
    'link usr/lib',
  ]);
  expect(neutralized).toEqual([]);
  expect(Buffer.from(await store.get(cidOfRaw(Buffer.from('etc/conf')))).toString()).toBe('etc/conf');
});

test('the order of an archive, its modes beyond "may be run" and its empty folders above mean nothing', async () => {
  const one = await seal(entry('a/b', { mode: 0o600 }), entry('a/c', { mode: 0o4711 }));
  const other = await seal(
    entry('a/', { type: 'folder', sizeBytes: 0 }),
    entry('a/c', { mode: 0o755 }),
    entry('a/b'),
  );
  expect(formatTree(one.tree).cid).toBe(formatTree(other.tree).cid);
});

test.each<[string, readonly ArchiveEntry[]]>([
  ['bad-path', [entry('../escape')]],
  ['bad-path', [entry('a/../../escape')]],
  ['bad-path', [entry('/etc/passwd')]],
  ['bad-path', [entry('a//b')]],
  ['bad-path', [entry('a/\u0000b')]],
  ['bad-path', [entry('a/\nb')]],
  ['bad-path', [entry('x'.repeat(256))]],
  ['bad-path', [entry('caf\u0065\u0301')]],
  ['bad-path', [entry('a'), entry('a/b')]],
  ['duplicate-path', [entry('a'), entry('./a')]],
  ['unicode-collision', [entry('file'), entry('\uFB01le')]],
  ['path-through-link', [link('a', 'etc'), entry('a/passwd')]],
  ['path-through-link', [entry('a/passwd'), link('a', 'etc')].reverse()],
  ['link-outside', [link('a', '../etc/passwd')]],
  ['link-outside', [link('b/a', '../../etc')]],
  ['link-outside', [link('a/b/c', '../..'), link('x', 'a/b/c/../..')]],
  ['link-loop', [link('a', 'b'), link('b', 'a')]],
  ['link-loop', [link('a', 'a')]],
  ['hard-link-outside', [entry('a', { type: 'hard-link', target: 'etc/shadow', sizeBytes: 0 })]],
  ['bad-path', [entry('a', { type: 'hard-link', target: '/etc/shadow', sizeBytes: 0 })]],
  ['device-node', [entry('dev/sda', { type: 'device', sizeBytes: 0 })]],
  ['device-node', [entry('pipe', { type: 'fifo', sizeBytes: 0 })]],
  ['bad-size', [entry('a', { sizeBytes: 5, content: pieces([Buffer.from('more than five')]) })]],
])('refuses %s: %#', async (code, entries) => {
  expect(await codeOf(...entries)).toBe(code);
});

test('a chain of links that climbs out of the root is refused though each link alone stays within', async () => {
  const chain = [link('a/b/up', '../..'), link('c', 'a/b/up/../x')];
  expect(await codeOf(...chain)).toBe('link-outside');
});

test('a thousand links one after the other are refused, forty are followed', async () => {
  const links = (count: number): ArchiveEntry[] =>
    Array.from({ length: count }, (_, at) =>
      link(`l${String(at).padStart(4, '0')}`, `l${String(at + 1).padStart(4, '0')}`),
    );
  expect(await codeOf(...links(1000))).toBe('link-loop');
  expect(await codeOf(...links(40))).toBeUndefined();
});

test('setuid bits, absolute links, hard links and colliding cases are made harmless and told', async () => {
  const { tree, neutralized } = await seal(
    entry('bin/su', { mode: 0o4755 }),
    entry('bin/SU'),
    link('etc/mtab', '/proc/mounts'),
    entry('bin/sudo', { type: 'hard-link', target: './bin/su', mode: 0o755, sizeBytes: 0 }),
  );
  expect(tree.find(({ path }) => path === 'etc/mtab')).toMatchObject({ target: '../proc/mounts' });
  expect(tree.filter(({ path }) => path === 'bin/su' || path === 'bin/sudo')).toMatchObject([
    { mode: 0o755, block: cidOfRaw(Buffer.from('bin/su')) },
    { mode: 0o755, block: cidOfRaw(Buffer.from('bin/su')) },
  ]);
  expect(neutralized.map(({ kind }) => kind).sort()).toEqual([
    'absolute-link',
    'case-collision',
    'hard-link',
    'special-mode',
  ]);
});

test('an error names the archive, the entry and what is wrong with it', async () => {
  await expect(seal(entry('../x'))).rejects.toThrow(
    'Cannot unpack "bad.tar": entry "../x": leads upwards with ".."',
  );
});

test('a million entries, or more bytes than the limit, are refused when the limit is passed', async () => {
  let asked = 0;
  async function* endless(): AsyncGenerator<ArchiveEntry> {
    for (;;) {
      asked += 1;
      yield entry(`f${asked}`, { type: 'folder', sizeBytes: 0 });
    }
  }
  const limits = { entryCountMax: 1000, sizeBytesMax: 10_000 };
  const store = await openStore();
  const options = { name: 'many.tar', store, limits };
  await expect(sealArchive(endless(), options)).rejects.toMatchObject({ code: 'too-many-files' });
  expect(asked).toBe(1001);
  const large = archive(entry('a', { sizeBytes: 10_001 }));
  await expect(sealArchive(large, options)).rejects.toMatchObject({ code: 'too-large' });
  expect(await store.list()).toEqual([]);
});

test('any archive either becomes a tree that comes back from its bytes and stays within its root, or is refused', async () => {
  const part = fc.constantFrom('a', 'b', '..', '.', '', 'C', 'c', '\u0000', 'fi');
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const type = fc.constantFrom('file', 'folder', 'link', 'hard-link', 'device');
  const some = fc
    .record({ path, type, target: path, mode: fc.nat(0o7777) })
    .map((each) =>
      each.type === 'file'
        ? entry(each.path, { mode: each.mode })
        : entry(each.path, { ...each, sizeBytes: 0 } as ArchiveEntry),
    );
  const store = await openStore();
  await fc.assert(
    fc.asyncProperty(fc.array(some, { maxLength: 6 }), async (entries) => {
      const sealed = await sealArchive(archive(...entries), { name: 'any', store }).catch((error) => {
        expect(error).toHaveProperty('hint');
        return undefined;
      });
      if (sealed === undefined) return;
      expect(parseTree(formatTree(sealed.tree).bytes)).toEqual(sealed.tree);
      for (const { path } of sealed.tree) expect(path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|\0/);
    }),
    { numRuns: 500 },
  );
});
