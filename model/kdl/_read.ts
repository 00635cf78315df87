/** Checks on KDL nodes that system.kdl and mesh.kdl share: which children, values and properties a node has. */
import { atPlace, NexusError, type Place, quote } from '../error';
import { suggest } from '../suggest';
import { type KdlNode, type KdlValue, readDocument } from './_document';

/** The version of both files that this program reads and writes. */
export const kdlVersion = 1;

/** The one node of a file: `<name> "…" version=1 { … }`. */
export function readRoot(text: string, file: string, name: string): KdlNode {
  const nodes = readDocument(text, file);
  checkNodeNames(nodes, [name]);
  const root = nodes[0];
  if (root === undefined) throw missingNode(name, 'the file', { file, line: 1, column: 1 });
  checkOnce(nodes, name);
  checkVersion(root);
  return root;
}

function checkVersion(root: KdlNode): void {
  checkProperties(root, ['version']);
  const version = root.properties[0];
  if (version?.value === kdlVersion) return;
  const current = version === undefined ? 'missing' : describe(version);
  throw new NexusError('bad-version', `Cannot read "version": ${current}, expected ${kdlVersion}`, {
    place: version?.place ?? root.place,
    hint: `Write \`${root.name} "…" version=${kdlVersion} {\`, or use the program that wrote this file.`,
  });
}

/** @throws NexusError `unknown-node` */
export function checkNodeNames(nodes: readonly KdlNode[], known: readonly string[]): void {
  const stranger = nodes.find((node) => !known.includes(node.name));
  if (stranger === undefined) return;
  throw new NexusError(
    'unknown-node',
    `Cannot read node ${quote(stranger.name)}: unknown name, expected ${expectOneOf(known)}`,
    { place: stranger.place, hint: suggest(stranger.name, known) },
  );
}

function expectOneOf(known: readonly string[]): string {
  return known.length === 1 ? `"${known[0]}"` : `one of ${known.join(', ')}`;
}

/** Children of one name; `known` are all the names that the parent may have. */
export function childrenOf(parent: KdlNode, name: string): readonly KdlNode[] {
  return parent.children.filter((child) => child.name === name);
}

/** The only child of that name, or undefined. @throws NexusError `repeated-node` */
export function tryChildOf(parent: KdlNode, name: string): KdlNode | undefined {
  const children = childrenOf(parent, name);
  checkOnce(children, name);
  return children[0];
}

/** The only child of that name. @throws NexusError `missing-node`, `repeated-node` */
export function childOf(parent: KdlNode, name: string): KdlNode {
  const child = tryChildOf(parent, name);
  if (child === undefined) throw missingNode(name, parent.name, parent.place);
  return child;
}

function checkOnce(nodes: readonly KdlNode[], name: string): void {
  const second = nodes[1];
  if (second === undefined) return;
  throw new NexusError('repeated-node', `Cannot read a second "${name}": expected one`, {
    place: second.place,
    hint: 'Remove one of the two.',
  });
}

function missingNode(name: string, parent: string, place: Place): NexusError {
  return new NexusError('missing-node', `Cannot read ${quote(parent)}: no "${name}" in it, expected one`, {
    place,
    hint: `Add \`${name} "…"\`.`,
  });
}

/** @throws NexusError `unknown-property`, `repeated-property` */
export function checkProperties(node: KdlNode, known: readonly string[]): void {
  for (const [index, property] of node.properties.entries()) {
    if (!known.includes(property.name))
      throw new NexusError(
        'unknown-property',
        `Cannot read property ${quote(property.name)} of "${node.name}": unknown, expected ${known.length === 0 ? 'none' : expectOneOf(known)}`,
        { place: property.place, hint: known.length === 0 ? 'Remove it.' : suggest(property.name, known) },
      );
    if (node.properties.findIndex((other) => other.name === property.name) < index)
      throw new NexusError(
        'repeated-property',
        `Cannot read a second ${quote(property.name)} of "${node.name}": expected one`,
        { place: property.place, hint: 'Remove one of the two.' },
      );
  }
}

/** A node with values only: no property, no children. */
export function checkLeaf(node: KdlNode): void {
  checkProperties(node, []);
  const child = node.children[0];
  if (child === undefined) return;
  throw new NexusError(
    'unknown-node',
    `Cannot read node ${quote(child.name)} in "${node.name}": expected no children`,
    { place: child.place, hint: 'Remove the braces and what is in them.' },
  );
}

/** The one value of a node, as text, checked by `check`, whose error gets the value's place. */
export function textOf<T>(node: KdlNode, check: (text: string) => T): T {
  const value = singleValue(node, 'text in quotation marks');
  return atPlace(value.place, () => check(asText(node, value)));
}

/** The one value of a node, as a whole number. */
export function numberOf(node: KdlNode, check: (number: number) => number): number {
  const value = singleValue(node, 'a number');
  if (typeof value.value !== 'number') throw wrongType(node, value, 'a number');
  const number = value.value;
  return atPlace(value.place, () => check(number));
}

/** All values of a node, as text. */
export function textsOf(node: KdlNode): readonly (KdlValue & { readonly value: string })[] {
  return node.values.map((value) => ({ ...value, value: asText(node, value) }));
}

/** Both values of a node that has two, as text. */
export function pairOf(node: KdlNode, expectation: string): readonly [string, string] {
  checkLeaf(node);
  const [first, second, third] = textsOf(node);
  if (first !== undefined && second !== undefined && third === undefined) return [first.value, second.value];
  throw new NexusError(
    'bad-value-count',
    `Cannot read "${node.name}": it has ${node.values.length} values, expected two, ${expectation}`,
    { place: third?.place ?? node.place, hint: `Write two values after "${node.name}".` },
  );
}

/** A property as text. @throws NexusError `missing-property` */
export function requiredProperty(node: KdlNode, name: string): string {
  const text = optionalProperty(node, name);
  if (text !== undefined) return text;
  throw new NexusError(
    'missing-property',
    `Cannot read "${node.name}": no property "${name}", expected one`,
    {
      place: node.place,
      hint: `Write \`${node.name} "…" ${name}="…"\`.`,
    },
  );
}

/** A property as text, undefined when it is not there. */
export function optionalProperty(node: KdlNode, name: string): string | undefined {
  const property = node.properties.find((each) => each.name === name);
  return property === undefined ? undefined : asText(node, property);
}

/** A property as a whole number. @throws NexusError `missing-property`, `wrong-type` */
export function numberProperty(node: KdlNode, name: string): number {
  const property = node.properties.find((each) => each.name === name);
  if (typeof property?.value === 'number' && Number.isSafeInteger(property.value)) return property.value;
  if (property === undefined) requiredProperty(node, name);
  throw wrongType(node, property ?? { value: null, place: node.place }, 'a whole number');
}

function singleValue(node: KdlNode, expectation: string): KdlValue {
  const [first, second] = node.values;
  if (first !== undefined && second === undefined) return first;
  throw new NexusError(
    'bad-value-count',
    `Cannot read "${node.name}": it has ${node.values.length} values, expected one, ${expectation}`,
    { place: second?.place ?? node.place, hint: `Write one value after "${node.name}".` },
  );
}

function asText(node: KdlNode, value: KdlValue): string {
  if (typeof value.value === 'string') return value.value;
  throw wrongType(node, value, 'text in quotation marks');
}

function wrongType(node: KdlNode, value: KdlValue, expectation: string): NexusError {
  return new NexusError(
    'wrong-type',
    `Cannot read ${describe(value)} of "${node.name}": a ${typeName(value)}, expected ${expectation}`,
    { place: value.place, hint: `Write ${expectation}.` },
  );
}

function describe({ value }: KdlValue): string {
  return typeof value === 'string' ? quote(value) : `"${value}"`;
}

function typeName({ value }: KdlValue): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? 'text' : typeof value;
}
