/** Protocol message `DynamicValue`: a whole resource or configuration, as MessagePack or JSON. We answer MessagePack. */
import type { Attributes } from '../../../schema';
import type { Diagnostics } from '../diagnostics';
import { formatPath, type Path } from '../path';
import { formatMsgpack, parseMsgpack } from './msgpack';
import { formatAttributes, type ParseOptions, parseAttributes, type Values } from './value';

export interface DynamicValue {
  msgpack?: Uint8Array;
  json?: Uint8Array;
}

/** Null is a resource that is not there. */
export function formatDynamicValue(attributes: Attributes, values: Values | null): DynamicValue {
  return { msgpack: formatMsgpack(values === null ? null : formatAttributes(attributes, values)) };
}

/** Problems go to the diagnostics with their paths. Inverse of {@link formatDynamicValue}. */
export function parseDynamicValue(
  attributes: Attributes,
  value: DynamicValue | null,
  diagnostics: Diagnostics,
): Values | null {
  const raw = parseRaw(value, diagnostics);
  return raw === null
    ? null
    : (parseAttributes(attributes, raw, parseOptions(attributes, diagnostics)) ?? null);
}

/** Each problem as an error `Wrong value of "name": …`. */
export function parseOptions(attributes: Attributes, diagnostics: Diagnostics): ParseOptions {
  return {
    problem: (message: string, path: Path) => {
      const name = path.length === 0 ? 'the whole value' : JSON.stringify(formatPath(path, attributes));
      diagnostics.error(
        `Wrong value of ${name}: ${message}`,
        'Correct the value in the configuration.',
        path,
      );
    },
  };
}

export function parseRaw(value: DynamicValue | null, diagnostics: Diagnostics): unknown {
  try {
    if (value?.msgpack !== undefined && value.msgpack.length > 0) return parseMsgpack(value.msgpack);
    if (value?.json !== undefined && value.json.length > 0)
      return JSON.parse(Buffer.from(value.json).toString());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    diagnostics.error(
      `Cannot read a value from Terraform: ${reason}`,
      'Terraform and the provider disagree on the form of values; report this as a bug of the provider.',
    );
  }
  return null;
}
