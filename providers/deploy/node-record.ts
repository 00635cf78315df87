/**
 * `node.json`: what the host knows of a node, one JSON object, replaced whole at each change.
 *
 * `active` is the slot that has proved itself; `trying` the one that is being started and has not yet. The free slot
 * is always the one that is not active, so that an interrupted or failed try can never cost the good image.
 */
import { readFile } from 'node:fs/promises';
import { NexusError, shape } from '../../model';
import { errorCode, writeDurably } from '../durable';
import { nodePaths, otherSlot, type Slot } from './state-folder';

const { map, object, oneOf, optional, readShape, text, whole } = shape;

const name = text(/^[a-z][a-z0-9-]{0,30}$/, 'a name');
const hex32 = text(/^[0-9a-f]{64}$/, '64 hex digits');
const cid = text(/^b[a-z2-7]{58}$/, 'a CID');

const slotShape = object({
  imageCid: cid,
  imageSizeBytes: whole(),
  release: cid,
  mesh: name,
  /** Public keys of the peers by name, without the node itself. */
  peers: map(/^[a-z][a-z0-9-]{0,30}$/, hex32, 64),
  helloIntervalMs: whole(),
  heartbeatIntervalMs: whole(),
  memoryMib: whole(),
  accelerator: text(/^[a-z]{1,16}$/, 'the name of an accelerator'),
  configDigest: hex32,
});

/** All that is needed to start what stands in a slot. */
export type SlotContent = shape.Shaped<typeof slotShape>;

const slotNames = oneOf(['a', 'b'] as const);
const recordShape = object({
  format: whole(1),
  node: name,
  publicKey: hex32,
  cellId: text(/^[0-9a-f]{32}$/, '32 hex digits'),
  /** Count of starts, in decimal. */
  epoch: text(/^(0|[1-9]\d{0,19})$/, 'a decimal number'),
  active: optional(slotNames),
  trying: optional(slotNames),
  slots: object({ a: optional(slotShape), b: optional(slotShape) }),
});

export type NodeRecord = shape.Shaped<typeof recordShape>;

/** Inverse of {@link parseNodeRecord}. */
export function formatNodeRecord(record: NodeRecord): string {
  return `${JSON.stringify(readShape(recordShape, record, 'bad-node-record'), undefined, 2)}\n`;
}

/** Inverse of {@link formatNodeRecord}. @throws NexusError `bad-node-record` */
export function parseNodeRecord(source: string, file: string): NodeRecord {
  try {
    return readShape(recordShape, JSON.parse(source), 'bad-node-record');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'not JSON';
    throw new NexusError('bad-node-record', `Cannot read the record of a node: ${reason}`, {
      hint: 'Remove this file and deploy again: the node keeps its key, and is given a new record.',
      place: { file },
      cause,
    });
  }
}

/** The node's record, or undefined when it was never deployed. */
export async function readNodeRecord(stateDir: string, node: string): Promise<NodeRecord | undefined> {
  const file = nodePaths(stateDir, node).record;
  try {
    return parseNodeRecord(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writeNodeRecord(stateDir: string, record: NodeRecord): Promise<void> {
  await writeDurably(nodePaths(stateDir, record.node).record, formatNodeRecord(record));
}

/** The slot that was started last. */
export function currentSlot(record: NodeRecord): Slot | undefined {
  return record.trying ?? record.active;
}

export function currentContent(record: NodeRecord): SlotContent | undefined {
  const slot = currentSlot(record);
  return slot === undefined ? undefined : record.slots[slot];
}

/** Where a new image goes. */
export function freeSlot(record: NodeRecord | undefined): Slot {
  return record?.active === undefined ? 'a' : otherSlot(record.active);
}

export function sameContent(left: SlotContent | undefined, right: SlotContent): boolean {
  if (left === undefined) return false;
  const canonical = (content: SlotContent): string =>
    JSON.stringify(readShape(slotShape, content, 'bad-node-record'));
  return canonical(left) === canonical(right);
}
