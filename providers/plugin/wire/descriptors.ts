/**
 * Descriptors for protobufjs/light, made from the tables of `tfplugin6*.ts` without a .proto file or a parser of it:
 * proto-loader cost 80 ms of each start.
 */
import protobuf from 'protobufjs/light';
import { enums, messages } from './tfplugin6';
import { laterMessages } from './tfplugin6-later';

interface Field {
  type: string;
  id: number;
  rule?: 'repeated';
  keyType?: string;
  options?: Record<string, unknown>;
}
interface Message {
  fields: Record<string, Field>;
  nested: Record<string, Message | { values: Record<string, number> }>;
}

/** The package `tfplugin6`, and what it needs of Google's. */
export function loadRoot(): protobuf.Root {
  const tree = emptyMessage();
  for (const line of linesOf(`${messages}${laterMessages}`)) addMessage(tree, line);
  for (const line of linesOf(enums)) addEnum(tree, line);
  const timestamp = { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } };
  // Not Root.fromJSON: that resolves all types at once, of which a run of Terraform uses a quarter.
  return new protobuf.Root().addJSON({
    google: { nested: { protobuf: { nested: { Timestamp: timestamp } } } },
    tfplugin6: { nested: tree.nested },
  }) as protobuf.Root;
}

function emptyMessage(): Message {
  return { fields: {}, nested: {} };
}

/** Lines of a table, indented ones joined to the line above. */
function linesOf(table: string): string[] {
  return table
    .replace(/\n {2}/g, ' ')
    .split('\n')
    .filter((line) => line !== '');
}

/** The message of a dotted name, made with all those above it where they are missing. */
function messageAt(tree: Message, names: readonly string[]): Message {
  let message = tree;
  for (const name of names) {
    const below = message.nested[name] ?? emptyMessage();
    message.nested[name] = below;
    if (!('fields' in below)) throw new Error(`Descriptor table: ${names.join('.')} stands below an enum`);
    message = below;
  }
  return message;
}

function addMessage(tree: Message, line: string): void {
  const colon = line.indexOf(':');
  const message = messageAt(tree, line.slice(0, colon).split('.'));
  const fields = line.slice(colon + 1).trim();
  if (fields === '') return;
  for (const text of fields.split('; ')) {
    const [, name = '', id, type = ''] = /^(\w+) = (\d+): (.+)$/.exec(text) ?? [];
    message.fields[name] = { id: Number(id), ...parseType(type) };
  }
}

function parseType(type: string): Omit<Field, 'id'> {
  const map = /^map<(\w+),(\w+)>$/.exec(type);
  if (map !== null) return { keyType: map[1] ?? '', type: map[2] ?? '' };
  if (type.startsWith('repeated ')) return { rule: 'repeated', type: type.slice(9) };
  // protobufjs 8.8 fails on the default of optional bytes; to us, none and empty ones are the same.
  if (type === 'optional bytes') return { type: 'bytes' };
  if (type.startsWith('optional ')) return { type: type.slice(9), options: { proto3_optional: true } };
  return { type };
}

function addEnum(tree: Message, line: string): void {
  const colon = line.indexOf(':');
  const path = line.slice(0, colon).split('.');
  const entries = line.slice(colon + 2).split(', ');
  const values = Object.fromEntries(
    entries.map((entry) => {
      const [name = '', value] = entry.split('=');
      return [name, Number(value)];
    }),
  );
  messageAt(tree, path.slice(0, -1)).nested[path.at(-1) ?? ''] = { values };
}
