/**
 * CARv1 (https://ipld.io/specs/transport/car/carv1/): blocks in one file, with one root. All numbers are LEB128.
 *
 *     length  dag-cbor {"roots": [CID], "version": 1}
 *     then each block:  length  CID (36 bytes)  bytes
 *
 * We write the root first and each block once, and read nothing else: one content has one file.
 */
import {
  asLink,
  type Cid,
  cidFromDigest,
  codecOfCid,
  decodeDagCbor,
  digestOfCid,
  encodeDagCbor,
  linkTo,
  NexusError,
  sha256,
  shape,
} from '../../model';

export const carSizeBytesMax = 256 * 1024 * 1024;
const blocksMax = 4096;
const cidSizeBytes = 36;
const codecBytes = { raw: 0x55, 'dag-cbor': 0x71 } as const;

export interface CarBlock {
  readonly cid: Cid;
  readonly bytes: Uint8Array;
}

/** Inverse of {@link parseCar}. @param blocks the root first */
export function formatCar(blocks: readonly CarBlock[]): Uint8Array {
  const roots = blocks.slice(0, 1).map(({ cid }) => linkTo(cid));
  const header = encodeDagCbor({ roots, version: 1 }).bytes;
  const parts = [formatLength(header.length), header, ...blocks.flatMap(formatSection)];
  return new Uint8Array(Buffer.concat(parts));
}

/** The bytes of a CAR file, one block in memory at a time. @param cids the root first, each once */
export async function* carSections(
  cids: readonly Cid[],
  read: (cid: Cid) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const header = encodeDagCbor({ roots: cids.slice(0, 1).map(linkTo), version: 1 }).bytes;
  yield* [formatLength(header.length), header];
  for (const cid of cids) yield* formatSection({ cid, bytes: await read(cid) });
}

function formatSection({ cid, bytes }: CarBlock): readonly Uint8Array[] {
  const head = Uint8Array.of(1, codecBytes[codecOfCid(cid)], 0x12, 32, ...digestOfCid(cid));
  return [formatLength(head.length + bytes.length), head, bytes];
}

/** LEB128: seven bits a byte, the low ones first, the top bit on all but the last. */
function formatLength(length: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

/**
 * Inverse of {@link formatCar} on bytes from outside: each block's hash is checked.
 * @returns the blocks, the root first
 * @throws NexusError `bad-car`
 */
export function parseCar(bytes: Uint8Array): readonly CarBlock[] {
  if (bytes.length > carSizeBytesMax)
    throw badCar(`${bytes.length} bytes, expected at most ${carSizeBytesMax}`);
  const header = readSection(bytes, 0);
  const root = readRoot(header.content);
  const blocks: CarBlock[] = [];
  for (let offset = header.end; offset < bytes.length; ) {
    const section = readSection(bytes, offset);
    blocks.push(readBlock(section.content));
    if (blocks.length > blocksMax) throw badCar(`more than ${blocksMax} blocks`);
    offset = section.end;
  }
  checkOrder(blocks, root);
  return blocks;
}

function checkOrder(blocks: readonly CarBlock[], root: Cid): void {
  if (blocks[0]?.cid !== root) throw badCar('its first block is not its root');
  if (new Set(blocks.map(({ cid }) => cid)).size !== blocks.length) throw badCar('it has a block twice');
}

interface Section {
  readonly content: Uint8Array;
  readonly end: number;
}

function readSection(bytes: Uint8Array, offset: number): Section {
  const { length, start } = readLength(bytes, offset);
  const end = start + length;
  if (length === 0 || end > bytes.length) throw badCar(`cut short at byte ${offset}`);
  return { content: bytes.subarray(start, end), end };
}

/** Four bytes of length are enough for what we read; a length that could be shorter is refused. */
function readLength(bytes: Uint8Array, offset: number): { readonly length: number; readonly start: number } {
  let length = 0;
  for (let index = 0; index < 4; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) throw badCar(`cut short at byte ${offset}`);
    length += (byte & 0x7f) * 128 ** index;
    if (byte === 0 && index > 0) break;
    if (byte < 0x80) return { length, start: offset + index + 1 };
  }
  throw badCar(`a length that is too large or not the shortest at byte ${offset}`);
}

const link = shape.converted(asLink, 'a link');
const headerShape = shape.object({ roots: shape.list(link, 1), version: shape.whole(1) });

function readRoot(header: Uint8Array): Cid {
  const { roots, version } = shape.readShape(headerShape, decodeDagCbor(header), 'bad-car');
  const root = roots[0];
  if (version !== 1 || root === undefined) throw badCar('not version 1 with one root');
  return root;
}

function readBlock(section: Uint8Array): CarBlock {
  const [version, codecByte, hash, hashLength] = section;
  const codec =
    codecByte === codecBytes.raw ? 'raw' : codecByte === codecBytes['dag-cbor'] ? 'dag-cbor' : undefined;
  const isOurs = version === 1 && codec !== undefined && hash === 0x12 && hashLength === 32;
  if (!isOurs || section.length < cidSizeBytes) throw badCar('a block whose CID is not CIDv1 of sha2-256');
  const bytes = section.slice(cidSizeBytes);
  const digest = section.slice(4, cidSizeBytes);
  if (Buffer.compare(sha256(bytes), digest) !== 0)
    throw badCar('a block whose bytes are not those of its CID');
  return { cid: cidFromDigest(codec, digest), bytes };
}

function badCar(reason: string): NexusError {
  return new NexusError('bad-car', `Cannot read a CAR file: ${reason}`, {
    hint: 'The file is damaged or not of this program: copy it again.',
  });
}
