/** Archives of real tools, read by ours; cut, changed and hostile ones, refused. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import type { ArchiveEntry } from '../../../../providers/nip';
import { readAr } from '../../../../providers/nip/archive/ar';
import { decompress } from '../../../../providers/nip/archive/decompress';
import { readTar } from '../../../../providers/nip/archive/tar';
import { temporaryFolder } from '../../factory/_folders';
import { pieces } from '../_archive';

/** The bytes in pieces of odd sizes, as a network gives them. */
async function* inPieces(bytes: Uint8Array, sizeBytes = 1021): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

async function entriesOf(tar: Uint8Array): Promise<(Omit<ArchiveEntry, 'content'> & { text: string })[]> {
  const list = [];
  for await (const { content, ...entry } of readTar(inPieces(tar), 'a.tar'))
    list.push({ ...entry, text: (await readAll(content)).toString() });
  return list;
}

function someFolder(): string {
  const folder = temporaryFolder();
  const deep = join(folder, 'x'.repeat(90), 'y'.repeat(90));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(folder, 'plain'), 'some text');
  writeFileSync(join(folder, 'größe'), 'name in UTF-8', { mode: 0o755 });
  writeFileSync(join(deep, 'deep'), 'z'.repeat(5000));
  symlinkSync('plain', join(folder, 'soft'));
  linkSync(join(folder, 'plain'), join(folder, 'zhard'));
  return folder;
}

test.each(['ustar', 'gnu', 'pax'])('what tar writes in its %s format is read', async (format) => {
  const tar = execFileSync('tar', ['-C', someFolder(), '--sort=name', `--format=${format}`, '-c', '.']);
  const entries = await entriesOf(tar);
  expect(entries.find(({ path }) => path === './größe')).toMatchObject({
    type: 'file',
    text: 'name in UTF-8',
  });
  expect(entries.find(({ path }) => path.endsWith('/deep'))).toMatchObject({ sizeBytes: 5000 });
  expect(entries.find(({ path }) => path === './soft')).toMatchObject({ type: 'link', target: 'plain' });
  expect(entries.find(({ path }) => path === './zhard')).toMatchObject({
    type: 'hard-link',
    target: './plain',
  });
});

test('contents that nobody reads are passed over', async () => {
  const tar = execFileSync('tar', ['-C', someFolder(), '--sort=name', '-c', '.']);
  const paths: string[] = [];
  for await (const { path } of readTar(inPieces(tar), 'a.tar')) paths.push(path);
  expect(paths).toHaveLength(8);
});

test('a reader that stops early lets go of the source', async () => {
  const tar = execFileSync('tar', ['-C', someFolder(), '-c', '.']);
  for await (const { path } of readTar(inPieces(tar), 'a.tar')) {
    expect(path).toBe('./');
    break;
  }
});

test('a tar that is cut off anywhere is refused, or ends between two entries', async () => {
  const tar = execFileSync('tar', ['-C', someFolder(), '-c', '.']);
  const whole = await entriesOf(tar);
  for (let sizeBytes = 100; sizeBytes < tar.length; sizeBytes += 911) {
    const entries = await entriesOf(tar.subarray(0, sizeBytes)).catch((error) => {
      expect(error).toMatchObject({ code: 'bad-archive' });
      return [];
    });
    expect(whole.slice(0, entries.length)).toEqual(entries);
  }
});

test('sparse files are refused in both of their formats', async () => {
  const folder = temporaryFolder();
  execFileSync('truncate', ['-s', '1M', join(folder, 'holes')]);
  for (const format of ['gnu', 'pax']) {
    const tar = execFileSync('tar', ['-C', folder, '-S', `--format=${format}`, '-c', 'holes']);
    await expect(entriesOf(tar)).rejects.toMatchObject({ code: 'bad-archive' });
  }
});

test('a name that is not UTF-8 is refused', async () => {
  const packer = pack();
  packer.entry({ name: 'caf?' }, 'x');
  packer.finalize();
  const tar = await readAll(packer as unknown as AsyncIterable<Uint8Array>);
  tar[3] = 0xe9;
  tar.write(checksumOf(tar), 148, 'latin1');
  await expect(entriesOf(tar)).rejects.toThrow('not UTF-8');
});

function checksumOf(header: Buffer): string {
  const block = Buffer.from(header.subarray(0, 512)).fill(0x20, 148, 156);
  return `${block
    .reduce((sum, byte) => sum + byte, 0)
    .toString(8)
    .padStart(6, '0')}\0 `;
}

test('an error of the source comes through as it is', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(100);
    throw new Error('the line is cut');
  }
  const readBroken = async (): Promise<void> => {
    for await (const { path } of readTar(broken(), 'a.tar')) expect(path).toBe('');
  };
  await expect(readBroken()).rejects.toThrow('the line is cut');
});

test('any bytes are read as a tar or refused', async () => {
  const tar = execFileSync('tar', ['-C', someFolder(), '-c', '.']);
  const change = fc.record({ at: fc.nat(tar.length - 1), to: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const changed = Buffer.from(tar);
      for (const { at, to } of changes) changed[at] = to;
      await entriesOf(changed).catch((error) => expect(error).toMatchObject({ code: 'bad-archive' }));
    }),
    { numRuns: 300 },
  );
});

test('what ar writes is read', async () => {
  const folder = temporaryFolder();
  for (const [name, text] of [
    ['odd', 'abc'],
    ['even', 'abcd'],
    ['empty', ''],
  ] as const)
    writeFileSync(join(folder, name), text);
  execFileSync('ar', ['rcD', 'all.a', 'odd', 'even', 'empty'], { cwd: folder });
  const members: [string, string][] = [];
  for await (const { name, content } of readAr(inPieces(readFileSync(join(folder, 'all.a')), 7), 'all.a'))
    members.push([name, (await readAll(content)).toString()]);
  expect(members).toEqual([
    ['odd', 'abc'],
    ['even', 'abcd'],
    ['empty', ''],
  ]);
});

test('an ar archive that is cut off or is none is refused', async () => {
  const readNames = async (bytes: Uint8Array): Promise<void> => {
    for await (const { name } of readAr(pieces([bytes]), 'b.deb')) expect(name).toBe('debian-binary');
  };
  const head = `!<arch>\n${'debian-binary'.padEnd(48)}${'4'.padEnd(10)}\`\n`;
  await expect(readNames(Buffer.from(`${head}2.`))).rejects.toMatchObject({ code: 'bad-archive' });
  await expect(readNames(Buffer.from('no archive at all'))).rejects.toMatchObject({ code: 'bad-archive' });
  await expect(readNames(Buffer.from(head.slice(0, 40)))).rejects.toMatchObject({ code: 'bad-archive' });
});

const text = Buffer.from('some text, many times\n'.repeat(5000));

test.each(['gzip', 'xz', 'zstd', 'cat'])('what %s writes is decompressed', async (program) => {
  const packed = execFileSync(program, program === 'cat' ? [] : ['-c'], { input: text });
  expect((await readAll(decompress(inPieces(packed), 'a'))).equals(text)).toBe(true);
  if (program === 'cat') return;
  const cut = decompress(inPieces(packed.subarray(0, packed.length - 20)), 'a');
  await expect(readAll(cut)).rejects.toMatchObject({ code: 'bad-archive' });
});

test.each(['gzip', 'xz', 'zstd'])('a bomb of %s is refused long before it has gone off', async (program) => {
  const packed = execFileSync('sh', ['-c', `head -c 50000000 /dev/zero | ${program} -c`]);
  const limits = { sizeBytesMax: 1024 ** 3, freeSizeBytes: 1024 ** 2, ratioMax: 200 };
  let sizeBytes = 0;
  const explode = async (): Promise<void> => {
    for await (const piece of decompress(inPieces(packed), 'bomb', limits)) sizeBytes += piece.length;
  };
  await expect(explode()).rejects.toMatchObject({ code: 'decompression-bomb' });
  expect(sizeBytes).toBeLessThan(12_000_000);
});
