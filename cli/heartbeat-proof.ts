/** Proofs of single heartbeats: made by `nexus prove`, checked by `nexus verify`, also without ledger and network. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Cid, cidOfRaw, NexusError } from '../model';
import { findHeartbeat } from '../providers/deploy';
import type { HeartbeatProof } from '../providers/provchain';
import {
  type NoteVerifier,
  openNote,
  parseHeartbeatProof,
  proveHeartbeat,
  type ReadOnlyLedger,
  verifyHeartbeat,
} from '../providers/provchain';
import type { Check } from './check';
import { showControls } from './terminal-text';
import { readingInput } from './usage-error';
import { count, describeRecord, shortCid } from './words';

/** The proof of a heartbeat that is still kept here; undefined when none has that CID. */
export async function makeHeartbeatProof(
  cid: Cid,
  stateDir: string,
  ledger: ReadOnlyLedger,
): Promise<HeartbeatProof | undefined> {
  const found = await findHeartbeat(stateDir, cid);
  if (found === undefined) return undefined;
  const { file, heartbeats, index } = found;
  const [entry, proof] = [await ledger.find(file.record), await ledger.prove(file.record)];
  if (entry === undefined || proof === undefined)
    throw new NexusError(
      'unrecorded-interval',
      `Cannot prove heartbeat "${cid}": its interval did not come into the ledger`,
      { hint: 'The ledger was replaced, or the host daemon broke off before it could append.' },
    );
  const interval = { ...entry.envelope, publicKey: entry.publicKey, proof };
  const signature = heartbeats[index]?.signature ?? new Uint8Array();
  const payloads = heartbeats.map(({ payload }) => payload);
  return proveHeartbeat(payloads, index, signature, interval);
}

const begin = '{\n  "format": "nexus-heartbeat-proof@v1"';

/** Whether a file begins as the proof of a heartbeat does. */
export function isHeartbeatProofFile(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const descriptor = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(begin.length);
    readSync(descriptor, bytes, 0, bytes.length, 0);
    return bytes.toString('latin1') === begin;
  } finally {
    closeSync(descriptor);
  }
}

const fileSizeBytesMax = 8 * 1024 * 1024;

/** @param logs keys of the logs that may have signed */
export async function verifyHeartbeatFile(
  file: string,
  path: string,
  logs: readonly NoteVerifier[],
): Promise<Check[]> {
  if (statSync(path).size > fileSizeBytesMax)
    return [{ about: file, name: 'proof', ok: false, detail: 'too large for the proof of a heartbeat' }];
  const proof = await readingInput(async () => parseHeartbeatProof(await readFile(path, 'utf8')));
  try {
    return describe(file, proof, logs);
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    return [{ about: file, name: 'proof', ok: false, detail: showControls(error.message) }];
  }
}

function describe(file: string, proof: HeartbeatProof, logs: readonly NoteVerifier[]): Check[] {
  const [log] = openNote(Buffer.from(proof.interval.proof.checkpoint), logs).verifiedBy;
  if (log === undefined) throw new NexusError('bad-note', 'Cannot open a signed note: no key of it is known');
  const { statement, interval, record } = verifyHeartbeat(proof, log);
  const { sequence, key } = statement.predicate;
  const cid = shortCid(cidOfRaw(proof.heartbeat.payload));
  const details = {
    heartbeat: `${cid}, number ${sequence}: ${describeRecord(statement)}`,
    signature: `of key ${key}, over the heartbeat`,
    interval: `number ${proof.index} of ${count(interval.count, 'heartbeat')} at ${interval.site}, from ${interval.from} to ${interval.to}`,
    log: `entry ${record.index} of ${count(record.checkpoint.size, 'record')}, by the checkpoint that ${record.checkpoint.origin} signed`,
  };
  return Object.entries(details).map(([name, detail]) => ({
    about: file,
    name,
    ok: true,
    detail: showControls(detail),
  }));
}
