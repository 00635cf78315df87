/**
 * Dynamic values: `[type as JSON bytes, value]` in MessagePack, `{ "type": …, "value": … }` in JSON.
 * The type decides only how numbers are read and written; all else describes itself.
 */
import { type Dynamic, isUnknown } from '../../../schema';
import { formatNumber, parseNumber } from './number';

/** Undefined if the raw value has no type with it. Inverse of {@link formatDynamic}. */
export function parseDynamic(raw: unknown): Dynamic | undefined {
  const pair = pairOf(raw);
  return pair === undefined
    ? undefined
    : { type: pair.type, value: convert(pair.type, pair.value, readNumber) };
}

/** The MessagePack form. */
export function formatDynamic(dynamic: unknown): unknown {
  const { type, value } = dynamic as Dynamic;
  return [Buffer.from(JSON.stringify(type)), convert(type, value, writeNumber)];
}

function pairOf(raw: unknown): Dynamic | undefined {
  if (Array.isArray(raw) && raw[0] instanceof Uint8Array)
    return { type: JSON.parse(Buffer.from(raw[0]).toString()), value: raw[1] };
  if (typeof raw !== 'object' || raw === null || !('type' in raw) || !('value' in raw)) return undefined;
  return { type: raw.type, value: raw.value };
}

function readNumber(raw: unknown): unknown {
  return parseNumber(raw) ?? null;
}

function writeNumber(value: unknown): unknown {
  return typeof value === 'number' ? formatNumber(value) : value;
}

type Convert = (value: unknown) => unknown;

/** `"number"`, `["list", T]`, `["map", T]`, `["tuple", [T…]]`, `["object", { name: T }]`. */
function convert(type: unknown, value: unknown, number: Convert): unknown {
  if (value === null || value === undefined) return null;
  if (isUnknown(value)) return value;
  if (type === 'number') return number(value);
  if (!Array.isArray(type)) return value;
  const [kind, of] = type as [string, unknown];
  if (Array.isArray(value))
    return value.map((element, index) => convert(kind === 'tuple' ? at(of, index) : of, element, number));
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, element]) => [key, convert(kind === 'object' ? at(of, key) : of, element, number)]),
  );
}

function at(types: unknown, key: string | number): unknown {
  return typeof types === 'object' && types !== null
    ? (types as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
