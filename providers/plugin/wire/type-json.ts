/** Terraform's JSON spelling of a type: `"string"`, `["list","number"]`, `["object",{"name":"string"}]`. */
import type { ValueType } from '../../../schema';

export type TypeJson = string | readonly [string, TypeJson | { readonly [name: string]: TypeJson }];

export function typeJson(type: ValueType): TypeJson {
  if (type.kind === 'object') {
    const entries = Object.entries(type.attributes);
    return [
      'object',
      Object.fromEntries(entries.map(([name, attribute]) => [name, typeJson(attribute.type)])),
    ];
  }
  return 'element' in type ? [type.kind, typeJson(type.element.type)] : type.kind;
}

/** The bytes in which a type travels in protocol messages. */
export function typeBytes(type: ValueType): Uint8Array {
  return Buffer.from(JSON.stringify(typeJson(type)));
}
