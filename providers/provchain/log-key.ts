/**
 * The log's own key over its rotations (rotate-key.ts): who kept an old `log.pub` is led to the key that signs the
 * checkpoints now, and who has the new one learns which keys stood before it.
 *
 * The checkpoint cannot be believed yet, so what the log shows is read under the root that it claims. That suffices:
 * each rotation is signed by the key before it, the last key has signed the claimed root, and every entry was checked
 * against that root. So either all of it is from who had the pinned key, or it does not close.
 */
import { isKind, parseStatement, sha256 } from '../../model';
import { openCheckpoint, parseCheckpointText } from './checkpoint';
import { damaged } from './damage';
import { verifyEnvelope } from './dsse';
import { diskFiles } from './files';
import { checkpointFile } from './layout';
import { LogView, readLeaf } from './log-view';
import { type NoteVerifier, noteSizeBytesMax, parseNote } from './note';
import { Succession } from './succession';
import { tileWidth } from './tile';

export interface FollowedKey {
  /** The key that signs the checkpoints now, with those that it replaced. */
  readonly verifier: NoteVerifier;
  /** Indices of the records that replaced a key, in order. */
  readonly rotations: readonly number[];
}

/** @throws NexusError `ledger-damaged`, `bad-note`, `bad-checkpoint` when the log does not lead from the pinned key to its checkpoint */
export async function followLogKey(folder: string, pinned: NoteVerifier): Promise<FollowedKey> {
  const files = diskFiles(folder);
  const note = await files.read(checkpointFile, noteSizeBytesMax);
  if (note === undefined) throw damaged(checkpointFile, 'missing');
  const claimed = parseCheckpointText(parseNote(note).text);
  const succession = new Succession('log', Buffer.from(pinned.publicKey).toString('hex'));
  await takeKeys(new LogView(claimed, files), succession);
  const reigns = succession.reigns();
  const [current = pinned, ...replaces] = reigns
    .map(({ key }) => ({ name: pinned.name, publicKey: new Uint8Array(Buffer.from(key, 'hex')) }))
    .reverse();
  openCheckpoint(note, current);
  const rotations = reigns.flatMap(({ end }) => end?.index ?? []);
  return { verifier: { ...current, replaces }, rotations };
}

/** What every record about keys has in its bytes; the others need not be parsed. */
const mark = '/provchain/key/v1"';

async function takeKeys(view: LogView, succession: Succession): Promise<void> {
  for (let group = 0; group * tileWidth < view.size; group += 1) {
    const [entries, payloads] = [await view.bundle(group), await view.payloads(group)];
    for (const [at, payload] of payloads.entries()) {
      const entry = entries[at];
      if (entry === undefined || !Buffer.from(payload).includes(mark)) continue;
      const index = group * tileWidth + at;
      const { signature, publicKey, payloadDigest } = readLeaf(entry, index);
      const statement = parseStatement(payload);
      const isLogged = Buffer.compare(sha256(payload), payloadDigest) === 0;
      if (!isLogged || !isKind(statement, 'key') || !verifyEnvelope({ payload, signature }, publicKey))
        continue;
      const signer = Buffer.from(publicKey).toString('hex');
      succession.takeSigner(signer, index);
      succession.takeKey({ index, signer, statement: statement.predicate });
    }
  }
}
