/**
 * cpio archives of the "newc" kind, as Linux unpacks them into its first root
 * (https://docs.kernel.org/driver-api/early-userspace/buffer-format.html). An entry:
 *
 *     "070701", then 13 numbers of 8 hex digits: inode, mode, uid, gid, links, time, size, device and special device
 *     (two numbers each), length of the name with its NUL, 0; then the name, zeros up to 4, the content, zeros up to 4
 *
 * The entry "TRAILER!!!" ends the archive. Owners and times are 0; inodes count from 1.
 */
export interface CpioEntry {
  /** Without a leading "/"; the folders above stand before it. */
  readonly path: string;
  /** Undefined for a folder. */
  readonly bytes?: Uint8Array | undefined;
  /** Whether it may be run. @default false */
  readonly isProgram?: boolean | undefined;
}

/** @returns an archive whose size is a multiple of 512, so that another can follow it */
export function formatCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => formatEntry(entry, index + 1));
  const archive = Buffer.concat([
    ...parts,
    ...formatEntry({ path: 'TRAILER!!!', bytes: new Uint8Array() }, 0),
  ]);
  return padded(archive, 512);
}

function formatEntry({ path, bytes, isProgram = false }: CpioEntry, inode: number): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const mode = bytes === undefined ? 0o040755 : isProgram ? 0o100755 : 0o100600;
  const isEnd = inode === 0;
  const numbers = [inode, isEnd ? 0 : mode, 0, 0, 1, 0, bytes?.length ?? 0, 0, 0, 0, 0, name.length, 0];
  const header = `070701${numbers.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
  return [padded(Buffer.concat([Buffer.from(header), name]), 4), padded(Buffer.from(bytes ?? []), 4)];
}

function padded(bytes: Buffer, unit: number): Buffer {
  return Buffer.concat([bytes], Math.ceil(bytes.length / unit) * unit);
}
