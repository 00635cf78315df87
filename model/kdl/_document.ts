/**
 * KDL text from outside as a plain tree in which every node and value knows its place. The parser is @bgotink/kdl
 * (KDL 2, https://kdl.dev/spec/); nothing of it is seen outside this file.
 */
import { type Document, type Entry, getLocation, InvalidKdlError, type Node, parse } from '@bgotink/kdl';
import { NexusError, type Place, quote } from '../error';

export const kdlSizeBytesMax = 1024 * 1024;

export interface KdlValue {
  readonly value: string | number | boolean | null;
  readonly place: Place;
}

export interface KdlProperty extends KdlValue {
  readonly name: string;
}

export interface KdlNode {
  readonly name: string;
  readonly place: Place;
  readonly values: readonly KdlValue[];
  readonly properties: readonly KdlProperty[];
  readonly children: readonly KdlNode[];
}

/** @throws NexusError `kdl-too-large`, `kdl-too-deep`, `bad-kdl` */
export function readDocument(text: string, file: string): readonly KdlNode[] {
  checkSize(text, file);
  return convertNodes(parseText(text, file), file);
}

function checkSize(text: string, file: string): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= kdlSizeBytesMax) return;
  throw new NexusError(
    'kdl-too-large',
    `Cannot read ${quote(file)}: ${sizeBytes} bytes, expected at most ${kdlSizeBytesMax}`,
    { place: { file }, hint: 'Check that this is a KDL file, and split it if it is.' },
  );
}

function parseText(text: string, file: string): Document {
  try {
    return parse(text, { storeLocations: true });
  } catch (error) {
    if (!(error instanceof InvalidKdlError)) throw error;
    throw error.cause instanceof RangeError ? tooDeep(file, error) : syntaxError(error, text, file);
  }
}

/** The parser is recursive: text nested so deeply that it ran out of stack is no file of ours. */
function tooDeep(file: string, cause: unknown): NexusError {
  return new NexusError(
    'kdl-too-deep',
    `Cannot read ${quote(file)}: nested too deeply, expected at most 3 levels of nodes`,
    { place: { file }, cause, hint: 'Count the braces.' },
  );
}

function syntaxError(error: InvalidKdlError, text: string, file: string): NexusError {
  const first = [...error.flat()][0] ?? error;
  const start = startOfWord(text, first.start ?? { line: 1, column: 1, offset: 0 });
  const word = /^(?:"[^"\n]*"?|[^\s{}()";]+|.)/u.exec(text.slice(start.offset, start.offset + 200))?.[0];
  const reason = first.message.replace(/ at (?:\d+:\d+|end of input)$/, '');
  return new NexusError(
    'bad-kdl',
    `Cannot read KDL at ${word === undefined ? 'the end of the text' : quote(word)}: ${lowerFirst(reason)}`,
    {
      place: { file, line: start.line, column: start.column },
      cause: error,
      hint:
        word === undefined
          ? 'Close every "{", quotation mark and comment.'
          : 'Write text in quotation marks, and true, false and null as #true, #false and #null.',
    },
  );
}

interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** The parser points behind a misspelt keyword or an unquoted path: go back to where that word begins. */
function startOfWord(text: string, { line, column, offset }: Position): Position {
  const before = text.slice(Math.max(0, offset - 1000), offset);
  const word = /[^\s{}()"=;]*$/u.exec(before)?.[0] ?? '';
  const moved = [...word].length;
  return { line, column: Math.max(1, column - moved), offset: offset - word.length };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function convertNodes(document: Document, file: string): readonly KdlNode[] {
  return document.nodes.map((node) => convertNode(node, file));
}

function convertNode(node: Node, file: string): KdlNode {
  const place = placeOf(node, file);
  refuseTag(node.getTag(), place);
  const values = node.entries.map((entry) => convertEntry(entry, file));
  return {
    name: node.getName(),
    place,
    values: values.filter((value) => value.name === undefined),
    properties: values.filter((value): value is KdlProperty => value.name !== undefined),
    children: node.children === null ? [] : convertNodes(node.children, file),
  };
}

function convertEntry(entry: Entry, file: string): KdlValue & { readonly name: string | undefined } {
  const place = placeOf(entry, file);
  refuseTag(entry.getTag(), place);
  return { name: entry.getName() ?? undefined, value: entry.getValue(), place };
}

function refuseTag(tag: string | null, place: Place): void {
  if (tag === null) return;
  throw new NexusError('bad-kdl', `Cannot read type ${quote(tag)}: our files have no type annotations`, {
    place,
    hint: `Remove "(${tag.slice(0, 40)})".`,
  });
}

function placeOf(element: Node | Entry, file: string): Place {
  const start = getLocation(element)?.start;
  return start === undefined ? { file } : { file, line: start.line, column: start.column };
}
