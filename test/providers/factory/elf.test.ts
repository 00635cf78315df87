import fc from 'fast-check';
import { NexusError } from '../../../model';
import { parseElf } from '../../../providers/factory';
import { writeElf } from './_elf';

const text = { flags: 5, address: 0x1000n, bytes: Buffer.from('code') };
const data = { flags: 6, address: 0x2000n, bytes: Buffer.from('data'), memorySizeBytes: 100n };

test('loadable segments are read in ascending address, with their rights and sizes', () => {
  const note = { type: 4, flags: 4, address: 0n, bytes: Buffer.from('note') };
  const empty = { flags: 4, address: 0x9000n, bytes: Buffer.alloc(0) };
  expect(parseElf(writeElf([data, note, text, empty], 0x1002n))).toEqual({
    entry: 0x1002,
    segments: [
      {
        address: 0x1000,
        isWritable: false,
        isExecutable: true,
        bytes: new Uint8Array(Buffer.from('code')),
        memorySizeBytes: 4,
      },
      {
        address: 0x2000,
        isWritable: true,
        isExecutable: false,
        bytes: new Uint8Array(Buffer.from('data')),
        memorySizeBytes: 100,
      },
    ],
  });
});

test.each<[string, (elf: Buffer) => Buffer | undefined, string]>([
  ['nothing', () => Buffer.alloc(0), '0 bytes, expected at least 64'],
  ['another magic', (elf) => void elf.write('x'), 'not a 64-bit little-endian ELF file'],
  ['32 bits', (elf) => void elf.writeUInt8(1, 4), 'not a 64-bit little-endian ELF file'],
  ['an object file', (elf) => void elf.writeUInt16LE(1, 16), 'type 1, expected 2 (executable)'],
  ['another machine', (elf) => void elf.writeUInt16LE(62, 18), 'machine 62, expected 243 (RISC-V)'],
  [
    'an entry past 2^48',
    (elf) => void elf.writeBigUInt64LE(1n << 60n, 24),
    'entry 0x1000000000000000 out of range',
  ],
  ['headers past the end', (elf) => void elf.writeBigUInt64LE(9999n, 32), 'program headers past its end'],
  ['too many headers', (elf) => void elf.writeUInt16LE(17, 56), '17 program headers of 56 bytes'],
  ['a segment past the end', (elf) => void elf.writeBigUInt64LE(9999n, 64 + 8), 'a segment past its end'],
  [
    'more in the file',
    (elf) => void elf.writeBigUInt64LE(1n, 64 + 40),
    'a segment larger in the file than in memory',
  ],
  ['segments that overlap', (elf) => void elf.writeBigUInt64LE(0xffdn, 64 + 16), 'overlapping segments'],
])('%s is refused with a reason', (_, change, reason) => {
  const elf = writeElf([{ ...data, address: 0x0n }, text]);
  expect(() => parseElf(change(elf) ?? elf)).toThrow(`Cannot read the linker's output: ${reason}`);
});

test('whatever bytes come, it reads segments within them or throws its own error', () => {
  const whole = writeElf([text, data]);
  const place = fc.nat(whole.length - 1);
  const changes = fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(changes, fc.nat(whole.length), (bytes, cut) => {
      const elf = Buffer.from(whole.subarray(0, cut));
      for (const [at, byte] of bytes) if (at < elf.length) elf[at] = byte;
      try {
        for (const segment of parseElf(elf).segments)
          expect(segment.bytes.length).toBeLessThanOrEqual(elf.length);
      } catch (error) {
        expect(error).toBeInstanceOf(NexusError);
      }
    }),
    { numRuns: 2000 },
  );
});
