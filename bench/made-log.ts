/**
 * A large log on disk in seconds: the files of a ledger as its own code derives them, without an fsync. Every statement is another, of about 300 bytes, and truly signed
 * where asked for; else all have the same 64 bytes for a signature.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createStatement, formatStatement, type Statement } from '../model';
import { preAuthEncoding, type SigningKey } from '../providers/provchain';
import { signCheckpoint } from '../providers/provchain/formats/checkpoint';
import { formatLeaf, leafOfEnvelope } from '../providers/provchain/formats/leaf';
import { type DerivedFile, type Edge, extendLog } from '../providers/provchain/log/extend';
import { formatCommit, type LoggedRecord } from '../providers/provchain/storage/commit';
import { markerFile } from '../providers/provchain/storage/folder-storage';
import { noHead } from '../providers/provchain/storage/head';
import {
  checkpointFile,
  commitFile,
  flushedFile,
  temporaryFolder,
} from '../providers/provchain/storage/layout';

export interface MadeLogOptions {
  readonly folder: string;
  readonly log: SigningKey;
  readonly signer: SigningKey;
  /** Number of entries, a multiple of 256. */
  readonly size: number;
  readonly isSigned: boolean;
}

const batchLength = 256;
const emptyEdge: Edge = { size: 0, hashes: [], entries: [], payloads: [] };

export function makeLog({ folder, log, signer, size, isSigned }: MadeLogOptions): void {
  let edge = emptyEdge;
  const place = (path: string, bytes: Uint8Array | string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  mkdirSync(join(folder, temporaryFolder), { recursive: true });
  const partial = new Map<string, DerivedFile>();
  for (let from = 0; from < size; from += batchLength) {
    const records = Array.from({ length: batchLength }, (_, at) => madeRecord(from + at, signer, isSigned));
    const extension = extendLog(edge, records);
    for (const { path, bytes } of extension.files) {
      const [full = '', width] = path.split('.p/');
      // Those of the commit before the last too, on which an audit falls back.
      if (width === undefined || from + 2 * batchLength >= size) place(path, bytes);
      partial.set(full, { path, bytes });
      if (width === undefined) partial.delete(full);
    }
    edge = extension.edge;
    if (from + batchLength < size) continue;
    const tree = { size, root: extension.root };
    const commit = { base: { ...noHead, size: from }, tree, nonce: '0'.repeat(32), records };
    const { id, bytes } = formatCommit(commit, log);
    place(commitFile(id), bytes);
    place(markerFile({ size, id }, commit.base), '');
    for (const file of [checkpointFile, flushedFile]) place(file, signCheckpoint(tree, log));
    for (const file of partial.values()) place(file.path, file.bytes);
  }
}

/** What entry `index` says. */
export function madeStatement(index: number): Statement {
  const key = index.toString(16).padStart(64, '0');
  return createStatement('key', { role: 'node', name: `n${index}`, key });
}

const noSignature = new Uint8Array(64);

/** Entry `index` and its payload. */
export function madeRecord(index: number, signer: SigningKey, isSigned: boolean): LoggedRecord {
  const payload = formatStatement(madeStatement(index));
  const signature = isSigned ? signer.sign(preAuthEncoding(payload)) : noSignature;
  return { leaf: formatLeaf(leafOfEnvelope({ payload, signature }, signer.publicKey)), payload };
}
