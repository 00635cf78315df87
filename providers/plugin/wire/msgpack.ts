/**
 * MessagePack as Terraform's cty writes it. Any extension code is an unknown value; code 12 carries refinements.
 * https://github.com/zclconf/go-cty/blob/main/docs/refinements.md
 *
 * Between these bytes and the typed values of `value.ts` stands a raw value: null, boolean, number, bigint, string,
 * bytes, array, object, {@link Unknown}.
 */
import { decode, ExtData, type ExtensionCodecType, encode } from '@msgpack/msgpack';
import { isUnknown, type Refinement, UNKNOWN, type Unknown, unknownWith } from '../../../schema';

const plainUnknown = new ExtData(0, new Uint8Array(1));
const refinementCode = 12;
/** Keys of a refinement's map. */
const key = {
  nullness: 1,
  prefix: 2,
  minimum: 3,
  maximum: 4,
  minimumLength: 5,
  maximumLength: 6,
} as const;

/** In place of the library's own, which reads code -1 as a date. */
const extensions: ExtensionCodecType<undefined> = {
  tryToEncode: (value) => (isUnknown(value) ? formatUnknown(value) : null),
  decode: (bytes, code) => parseUnknown(code, bytes),
};

/** Inverse of {@link parseMsgpack}. Takes the raw values described above. */
export function formatMsgpack(raw: unknown): Uint8Array {
  return encode(raw, { extensionCodec: extensions });
}

/** @throws on bytes that are no MessagePack */
export function parseMsgpack(bytes: Uint8Array): unknown {
  return decode(bytes, { extensionCodec: extensions, useBigInt64: true });
}

/** A map with whole numbers as keys, which the library writes only as texts: its header and parts by hand. */
function formatUnknown({ refinement }: Unknown): ExtData {
  const entries = Object.entries(refinement ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [number, unknown] => refinementEntry(name as keyof Refinement, value));
  if (entries.length === 0) return plainUnknown;
  const parts = entries.flatMap(([number, value]) => [Uint8Array.of(number), encode(value)]);
  return new ExtData(refinementCode, Buffer.concat([Uint8Array.of(0x80 | entries.length), ...parts]));
}

function refinementEntry(
  name: keyof Refinement,
  value: NonNullable<Refinement[keyof Refinement]>,
): [number, unknown] {
  if (name === 'nullable') return [key.nullness, false];
  if (typeof value === 'object') return [key[name], [value.value, value.inclusive]];
  return [key[name], value];
}

function parseUnknown(code: number, data: Uint8Array): Unknown {
  if (code !== refinementCode) return UNKNOWN;
  const read = decode(data);
  if (typeof read !== 'object' || read === null) return UNKNOWN;
  const refinement = parseRefinement(read as Readonly<Record<number, unknown>>);
  return Object.keys(refinement).length === 0 ? UNKNOWN : unknownWith(refinement);
}

/** What this program does not know of a refinement it leaves out: a promise not used does no harm. */
function parseRefinement(read: Readonly<Record<number, unknown>>): Refinement {
  const { [key.prefix]: prefix, [key.minimumLength]: shortest, [key.maximumLength]: longest } = read;
  const [minimum, maximum] = [parseBound(read[key.minimum]), parseBound(read[key.maximum])];
  return {
    ...(read[key.nullness] === false ? { nullable: false } : {}),
    ...(typeof prefix === 'string' ? { prefix } : {}),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(typeof shortest === 'number' ? { minimumLength: shortest } : {}),
    ...(typeof longest === 'number' ? { maximumLength: longest } : {}),
  };
}

function parseBound(read: unknown): Refinement['minimum'] | undefined {
  if (!Array.isArray(read) || typeof read[1] !== 'boolean') return undefined;
  const value = Number(read[0]);
  return Number.isFinite(value) ? { value, inclusive: read[1] } : undefined;
}
