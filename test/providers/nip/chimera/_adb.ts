/** Writes apk v3, independently of what reads it: values are laid one after the other, none is shared. */
import { createHash, type KeyObject, sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { keyIdentifier } from '../../../../providers/nip/chimera/verify';

export type Value = number | string | Uint8Array | readonly Value[] | undefined;

/** An ADB block's content; arrays and objects are both lists. */
export function makeAdb(root: Value): Buffer {
  const parts: Buffer[] = [];
  let length = 8;
  const place = (bytes: Buffer): number => {
    const at = length;
    const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
    parts.push(padded);
    length += padded.length;
    return at;
  };
  const write = (value: Value): number => {
    if (value === undefined) return 0;
    if (typeof value === 'number') return writeNumber(value, place);
    if (typeof value === 'string') return write(Buffer.from(value));
    if (value instanceof Uint8Array)
      return (0xa0000000 | place(Buffer.concat([word(value.length), value]))) >>> 0;
    const slots = value.map(write);
    return (0xe0000000 | place(Buffer.concat([slots.length + 1, ...slots].map(word)))) >>> 0;
  };
  const rootValue = write(root);
  return Buffer.concat([Buffer.from([0, 0, 0, 0]), word(rootValue), ...parts]);
}

function writeNumber(value: number, place: (bytes: Buffer) => number): number {
  return value < 0x10000000 ? (0x10000000 | value) >>> 0 : (0x20000000 | place(word(value))) >>> 0;
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export function makeBlock(kind: number, content: Uint8Array): Buffer {
  const sizeBytes = content.length + 4;
  return Buffer.concat([word((kind << 30) | sizeBytes), content, Buffer.alloc((8 - (sizeBytes % 8)) % 8)]);
}

export function makeSignature(
  adb: Uint8Array,
  schema: string,
  privateKey: KeyObject,
  publicKey: KeyObject,
): Buffer {
  const head = Buffer.concat([Buffer.from([0, 4]), keyIdentifier(publicKey)]);
  const digest = createHash('sha512').update(adb).digest();
  const signed = Buffer.concat([Buffer.from(schema), head, digest]);
  return makeBlock(1, Buffer.concat([head, sign('sha512', signed, privateKey)]));
}

export interface MadeFile {
  readonly name: string;
  readonly text?: string;
  readonly mode?: number;
  /** Two bytes of kind and a path. */
  readonly target?: Buffer;
  /** What the ADB says of the content. @default that of the text */
  readonly digest?: Uint8Array;
}

/** A package of folders with files, compressed as apk does by itself. */
export function makePackage(
  info: readonly Value[],
  folders: readonly { readonly path: string; readonly files: readonly MadeFile[] }[],
): { bytes: Buffer; identity: Buffer } {
  const rights = (mode: number): Value => [mode, 'root', 'root'];
  const adb = makeAdb([
    info,
    folders.map(({ path, files }) => [
      path,
      rights(0o755),
      files.map(({ name, text = '', mode = 0o644, target, digest }) => [
        name,
        rights(mode),
        text.length,
        1,
        target === undefined ? (digest ?? createHash('sha256').update(text).digest()) : undefined,
        target,
      ]),
    ]),
  ]);
  const data = folders.flatMap(({ files }, folder) =>
    files.flatMap(({ text = '', target }, file) =>
      text === '' || target !== undefined
        ? []
        : [makeBlock(2, Buffer.concat([word(folder + 1), word(file + 1), Buffer.from(text)]))],
    ),
  );
  const whole = Buffer.concat([Buffer.from('ADB.pckg'), makeBlock(0, adb), ...data]);
  return {
    bytes: Buffer.concat([Buffer.from('ADBd'), deflateRawSync(whole)]),
    identity: createHash('sha256').update(adb).digest(),
  };
}
