import { createHash } from 'node:crypto';
import { formatCpio } from '../../../../providers/factory/linux/cpio';

const entries = [
  { path: 'init', bytes: Buffer.from('#!'), isProgram: true },
  { path: 'modules' },
  { path: 'modules/000', bytes: Buffer.alloc(5, 7) },
];

test('an archive has fixed owners, times and inodes, and its size is a multiple of 512', () => {
  const archive = formatCpio(entries);
  expect(archive.length % 512).toBe(0);
  expect(archive.toString('latin1', 0, 110)).toBe(
    `070701${['1', '81ed', '0', '0', '1', '0', '2', '0', '0', '0', '0', '5', '0'].map((each) => each.padStart(8, '0')).join('')}`,
  );
  expect(createHash('sha256').update(archive).digest('hex')).toBe(
    createHash('sha256').update(formatCpio(entries)).digest('hex'),
  );
});

test('every name and content stands where the next four-byte boundary is, and the trailer ends it', () => {
  const archive = formatCpio(entries);
  const found: [string, number][] = [];
  for (let at = 0; ; ) {
    const number = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [sizeBytes, nameSizeBytes] = [number(6), number(11)];
    const name = archive.toString('latin1', at + 110, at + 110 + nameSizeBytes - 1);
    found.push([name, sizeBytes]);
    if (name === 'TRAILER!!!') break;
    at = Math.ceil((Math.ceil((at + 110 + nameSizeBytes) / 4) * 4 + sizeBytes) / 4) * 4;
  }
  expect(found).toEqual([
    ['init', 2],
    ['modules', 0],
    ['modules/000', 5],
    ['TRAILER!!!', 0],
  ]);
});
