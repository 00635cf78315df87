/**
 * The head: which commit is the last, as the size of the log after it and the commit's id. It never is the same twice:
 * an id is the hash of a commit, and each commit holds a nonce and the id of the one before. So a writer that slept
 * cannot mistake a later head for the one that it built on (the ABA problem).
 */
import { NexusError } from '../../../model';

export interface Head {
  /** Number of entries. */
  readonly size: number;
  /** Commit id, 64 hex digits. */
  readonly id: string;
}

/** What the first commit of a log builds on. */
export const noHead: Head = { size: 0, id: '0'.repeat(64) };

/** Inverse: {@link parseHead}. */
export function formatHead({ size, id }: Head): string {
  return `${size}-${id}`;
}

/** Inverse of {@link formatHead}; undefined for any other text. */
export function parseHead(text: string): Head | undefined {
  const [, sizeText = '', id = ''] = /^(0|[1-9]\d{0,15})-([0-9a-f]{64})$/.exec(text) ?? [];
  const size = Number(sizeText);
  return id !== '' && Number.isSafeInteger(size) ? { size, id } : undefined;
}

export function areHeadsEqual(left: Head, right: Head): boolean {
  return left.size === right.size && left.id === right.id;
}

export function noLedger(): NexusError {
  return new NexusError('no-ledger', 'Cannot open the ledger: its folder holds none', {
    hint: 'Name the state folder of a deployment, or deploy first.',
  });
}
