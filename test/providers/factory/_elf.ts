/** ELF files by hand: what a linker would write, and anything else. */
export interface WrittenSegment {
  readonly type?: number;
  readonly flags: number;
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly memorySizeBytes?: bigint;
}

export function writeElf(segments: readonly WrittenSegment[], entry = 0x1000n): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(243, 18);
  header.writeBigUInt64LE(entry, 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(segments.length, 56);
  let offset = 64 + 56 * segments.length;
  const headers = segments.map(({ type = 1, flags, address, bytes, memorySizeBytes }) => {
    const written = Buffer.alloc(56);
    written.writeUInt32LE(type, 0);
    written.writeUInt32LE(flags, 4);
    written.writeBigUInt64LE(BigInt(offset), 8);
    written.writeBigUInt64LE(address, 16);
    written.writeBigUInt64LE(BigInt(bytes.length), 32);
    written.writeBigUInt64LE(memorySizeBytes ?? BigInt(bytes.length), 40);
    offset += bytes.length;
    return written;
  });
  return Buffer.concat([header, ...headers, ...segments.map(({ bytes }) => bytes)]);
}
