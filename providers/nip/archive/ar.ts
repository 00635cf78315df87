/**
 * ar, as deb(5) has it: `!<arch>\n`, then members on even offsets, each behind a header of 60 bytes:
 *
 *     0 name, padded with spaces     16 bytes (a "/" at its end is not part of it)
 *    16 time, owner, group, mode     32 bytes, not looked at
 *    48 size in decimal              10 bytes
 *    58 "`\n"
 */
import { ByteReader, type Bytes } from './bytes';
import { badArchive } from './failure';

export interface ArMember {
  readonly name: string;
  readonly sizeBytes: number;
  /** To be read, whole or in part, before the next member is asked for. */
  readonly content: Bytes;
}

const magic = '!<arch>\n';
const headerPattern = /^([\x21-\x7e]{1,16}) *$/;
const memberCountMax = 64;

/** The members of an archive, in their order. @throws NexusError `bad-archive` */
export async function* readAr(source: Bytes, name: string): AsyncGenerator<ArMember> {
  const reader = new ByteReader(source, name);
  try {
    if (textOf(await reader.read(magic.length)) !== magic) throw badArchive(name, 'not an ar archive');
    for (let count = 0; ; count += 1) {
      const header = await reader.read(60);
      if (header === undefined) return;
      if (count === memberCountMax) throw badArchive(name, `over ${memberCountMax} members`);
      yield* readMember(header, reader, name);
    }
  } finally {
    await reader.close();
  }
}

async function* readMember(header: Uint8Array, reader: ByteReader, name: string): AsyncGenerator<ArMember> {
  const text = textOf(header) ?? '';
  const [, memberName] = headerPattern.exec(text.slice(0, 16)) ?? [];
  const [, digits] = /^(\d{1,10}) *`\n$/.exec(text.slice(48)) ?? [];
  if (memberName === undefined || digits === undefined)
    throw badArchive(name, 'a member with a broken header');
  const sizeBytes = Number(digits);
  const content = reader.stream(sizeBytes);
  yield { name: memberName.replace(/\/$/, ''), sizeBytes, content };
  await skip(content);
  if (sizeBytes % 2 === 1) await reader.read(1);
}

async function skip(content: AsyncGenerator<Uint8Array>): Promise<void> {
  for (let step = await content.next(); step.done !== true; ) step = await content.next();
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('latin1');
}
