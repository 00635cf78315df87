/**
 * KDL of any kind as plain values, without places: what `kdl_decode` and `kdl_encode` give and take. Documents of our
 * own kinds are read by `parseSystem` and `parseMesh`, which also check what stands in them.
 */
import { NexusError, quote } from '../error';
import { type KdlNode, readDocument } from './_document';
import { quoteText } from './_write';

export type KdlScalar = string | number | boolean | null;

/** One node with all that hangs on it. */
export interface KdlTree {
  readonly name: string;
  readonly arguments: readonly KdlScalar[];
  readonly properties: Readonly<Record<string, KdlScalar>>;
  readonly children: readonly KdlTree[];
}

/** Inverse of {@link formatKdl}; comments and layout are lost, the last of two equal properties counts. @throws NexusError */
export function parseKdl(text: string, file: string): readonly KdlTree[] {
  return readDocument(text, file).map(treeOf);
}

function treeOf({ name, values, properties, children }: KdlNode): KdlTree {
  return {
    name,
    arguments: values.map(({ value }) => value),
    properties: Object.fromEntries(properties.map((property) => [property.name, property.value])),
    children: children.map(treeOf),
  };
}

/** Four spaces a level, one node a line, properties by name. Inverse: {@link parseKdl}. @throws NexusError `bad-kdl` */
export function formatKdl(nodes: readonly KdlTree[], depth = 0): string {
  return nodes.map((node) => formatNode(node, depth)).join('');
}

function formatNode(node: KdlTree, depth: number): string {
  const properties = Object.entries(node.properties)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${formatName(name)}=${formatScalar(value)}`);
  const head = [formatName(node.name), ...node.arguments.map(formatScalar), ...properties].join(' ');
  const indent = '    '.repeat(depth);
  if (node.children.length === 0) return `${indent}${head}\n`;
  return `${indent}${head} {\n${formatKdl(node.children, depth + 1)}${indent}}\n`;
}

/** Names that KDL reads as something else, or that are no plain word, stand in quotation marks. */
function formatName(name: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) && !/^(?:true|false|null|inf|nan)$/.test(name);
  return isPlain ? name : formatText(name);
}

function formatScalar(value: KdlScalar): string {
  if (typeof value === 'string') return formatText(value);
  if (typeof value !== 'number') return `#${value}`;
  if (Number.isFinite(value)) return String(value).replace(/e\+?/, 'E');
  throw new NexusError('bad-kdl', `Cannot write number "${value}" in KDL: expected a finite one`);
}

/** KDL forbids most control characters even in quotation marks, and takes the common ones as escapes. */
function formatText(text: string): string {
  const escaped = quoteText(text).replace(/[\n\r\t\b\f]/g, (character) => escapes[character] ?? '');
  const rest = /\p{Cc}/u.exec(escaped);
  if (rest === null) return escaped;
  throw new NexusError('bad-kdl', `Cannot write text ${quote(text)} in KDL: it has a control character`, {
    hint: 'Encode it, for example in base64.',
  });
}

const escapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};
