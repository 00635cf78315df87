import fc from 'fast-check';
import { NexusError } from '../../../model';
import {
  assembleImage,
  type CellParts,
  formatCell,
  parseCell,
  parseImage,
  rumpkLimits,
} from '../../../providers/factory';

/** An image without cells: the header and some code. */
function kernelOf(sizeBytes = 256): Buffer {
  const kernel = Buffer.alloc(sizeBytes, 7);
  kernel.write('RUMPKIMG', 64, 'latin1');
  [1, sizeBytes, sizeBytes, 0, 0, 0].forEach((value, index) => {
    kernel.writeUInt32LE(value, 72 + 4 * index);
  });
  return kernel;
}

const hello: CellParts = {
  name: 'hello',
  text: Buffer.from('some code'),
  data: Buffer.from('data'),
  bssSizeBytes: 100,
  entry: 4,
  stackSizeBytes: 4096,
  pledgeMask: 7,
};

const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 300 });
const cellParts = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/),
  text: bytes(1),
  data: bytes(0),
  bssSizeBytes: fc.nat(100_000),
  entry: fc.constant(0),
  stackSizeBytes: fc.integer({ min: 1, max: rumpkLimits.cellStackBytes }),
  pledgeMask: fc.nat(7),
});
const cellList = fc.uniqueArray(cellParts, { selector: ({ name }) => name, maxLength: rumpkLimits.cells });

test('a cell is read as it was written', () => {
  fc.assert(fc.property(cellParts, (cell) => expect(parseCell(formatCell(cell))).toEqual(cell)));
});

test('an image taken apart is what it was put together from', () => {
  const kernel = new Uint8Array(kernelOf());
  fc.assert(
    fc.property(cellList, (parts) => {
      const cells = parts.map(formatCell);
      const image = assembleImage(kernel, cells);
      const apart = parseImage(image);
      expect(apart.kernel).toEqual(kernel);
      expect(apart.cells.map((cell) => cell.bytes)).toEqual(cells);
      expect(apart.cells.map(({ bytes: _, ...cell }) => cell)).toEqual(parts);
      expect(
        assembleImage(
          apart.kernel,
          apart.cells.map((cell) => cell.bytes),
        ),
      ).toEqual(image);
    }),
  );
});

test('putting an image together leaves the given kernel as it was', () => {
  const kernel = kernelOf();
  assembleImage(kernel, [formatCell(hello)]);
  expect(kernel).toEqual(kernelOf());
});

test('the bytes of a small image are pinned', () => {
  const image = Buffer.from(assembleImage(kernelOf(112), [formatCell({ ...hello, name: 'a' })]));
  expect(image.subarray(64, 96).toString('hex')).toBe(
    `${Buffer.from('RUMPKIMG').toString('hex')}0100000070000000d0000000010000000000000000000000`,
  );
  expect(image.subarray(112, 152).toString('hex')).toBe(
    `${Buffer.from('RUMPCELL').toString('hex')}01000000600000000900000004000000640000000400000000100000` +
      '07000000',
  );
  expect(image.subarray(192).toString('latin1')).toBe('some codedata\0\0\0');
});

test.each<[string, (image: Buffer) => Buffer | undefined, string]>([
  ['nothing', () => Buffer.alloc(0), '0 bytes'],
  ['no magic', (image) => void image.write('X', 64), 'no "RUMPKIMG" at byte 64'],
  ['another format', (image) => void image.writeUInt32LE(2, 72), 'format 2, expected 1'],
  ['a byte more', (image) => Buffer.concat([image, Buffer.alloc(1)]), 'bytes, expected'],
  ['a byte less', (image) => image.subarray(0, -1), 'bytes, expected'],
  ['a kernel larger than the image', (image) => void image.writeUInt32LE(4096, 76), 'a kernel of 4096 bytes'],
  ['a crooked kernel size', (image) => void image.writeUInt32LE(255, 76), 'a kernel of 255 bytes'],
  ['another count', (image) => void image.writeUInt32LE(2, 84), '1 cells, expected 2'],
  ['no cell where one should be', (image) => void image.write('X', 256), 'no "RUMPCELL" at its start'],
  ['another cell version', (image) => void image.writeUInt32LE(2, 256 + 8), 'version 2, expected 1'],
  ['a cell of no size', (image) => void image.writeUInt32LE(0, 256 + 12), 'cut off'],
  ['a cell past the end', (image) => void image.writeUInt32LE(4096, 256 + 12), 'expected 4096'],
  [
    'text past the end',
    (image) => void image.writeUInt32LE(0xffffffff, 256 + 16),
    'text and data past its end',
  ],
  ['an entry past the text', (image) => void image.writeUInt32LE(9, 256 + 28), 'not in its text'],
  ['a pledge nobody knows', (image) => void image.writeUInt32LE(8, 256 + 36), 'pledge mask "8"'],
  ['a bad name', (image) => void image.write('A', 256 + 40), 'name "Aello"'],
  [
    'padding that is not zero',
    (image) => void image.writeUInt8(1, image.length - 1),
    'should be zero are not',
  ],
])('an image with %s is refused with a reason', (_, change, reason) => {
  const image = Buffer.from(assembleImage(kernelOf(), [formatCell(hello)]));
  expect(() => parseImage(change(image) ?? image)).toThrow(reason);
});

test('whatever bytes come, an image is read to itself or refused with an error of ours', () => {
  const whole = assembleImage(kernelOf(128), [formatCell(hello), formatCell({ ...hello, name: 'other' })]);
  const changes = fc.array(fc.tuple(fc.integer({ min: 64, max: whole.length - 1 }), fc.nat(255)), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(changes, (list) => {
      const image = Buffer.from(whole);
      for (const [at, byte] of list) image[at] = byte;
      try {
        const { kernel, cells } = parseImage(image);
        expect(
          assembleImage(
            kernel,
            cells.map((cell) => cell.bytes),
          ),
        ).toEqual(new Uint8Array(image));
      } catch (error) {
        expect(error).toBeInstanceOf(NexusError);
      }
    }),
    { numRuns: 1000 },
  );
});

test('two cells of one name, too many cells and too many bytes are refused', () => {
  const many = Array.from({ length: 9 }, (_, index) => formatCell({ ...hello, name: `cell${index}` }));
  const large = formatCell({ ...hello, text: new Uint8Array(rumpkLimits.imageSizeBytes) });
  expect(() => assembleImage(kernelOf(), [formatCell(hello), formatCell(hello)])).toThrow(
    'two cells are called "hello"',
  );
  expect(() => assembleImage(kernelOf(), many)).toThrow('9 cells, expected at most 8');
  expect(() => assembleImage(kernelOf(), [large])).toThrow('expected at most 524288');
  expect(() => assembleImage(assembleImage(kernelOf(), [formatCell(hello)]), [])).toThrow(
    'expected a kernel alone',
  );
});

test.each<[string, Partial<CellParts>, string]>([
  ['a bad name', { name: 'Hello' }, 'name "Hello"'],
  ['no text', { text: new Uint8Array(), entry: 0 }, 'not in its text'],
  ['no stack', { stackSizeBytes: 0 }, '0 bytes of stack'],
  ['too large a stack', { stackSizeBytes: 65537 }, '65537 bytes of stack'],
  ['too large variables', { bssSizeBytes: 9 << 20 }, 'of text and variables'],
  ['an unknown pledge', { pledgeMask: 8 }, 'pledge mask "8"'],
])('a cell with %s is refused', (_, change, reason) => {
  expect(() => formatCell({ ...hello, ...change })).toThrow(reason);
});
