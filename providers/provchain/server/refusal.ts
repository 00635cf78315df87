/** What a server answers instead of what it was asked for: each error code with its HTTP status. */
import { NexusError } from '../../../model';
import type { Refusal } from '../formats/append-request';

/** Codes of one's own, and those that parts of the ledger throw. All others are 500. */
const statusOfCode: Readonly<Record<string, number>> = {
  'bad-request': 400,
  'bad-append': 400,
  'bad-envelope': 400,
  'bad-record': 400,
  'bad-signature': 401,
  'key-not-allowed': 403,
  'read-only': 403,
  'not-found': 404,
  'wrong-method': 405,
  'wrong-log': 409,
  'no-length': 411,
  'append-too-large': 413,
  'wrong-type': 415,
  'key-busy': 429,
  'append-failed': 503,
  'append-uncertain': 503,
  'append-unpublished': 503,
  'ledger-busy': 503,
  'ledger-overloaded': 503,
  'policy-unmet': 503,
  'storage-unreachable': 503,
};

export interface RefusalAnswer {
  readonly status: number;
  readonly refusal: Refusal;
  /** Undefined where asking again does not help. */
  readonly retryAfterSeconds: number | undefined;
}

/** The answer to an error. One that is not of ours says nothing of the machine. */
export function answerOf(error: unknown): RefusalAnswer {
  if (!(error instanceof NexusError)) return internal;
  const { code, message, hint } = error;
  const status = statusOfCode[code] ?? 500;
  return {
    status,
    refusal: { code, message, hint },
    retryAfterSeconds: status === 429 || status === 503 ? 1 : undefined,
  };
}

const internal: RefusalAnswer = {
  status: 500,
  refusal: { code: 'internal-error', message: 'Cannot answer: the server met an error, which its log has' },
  retryAfterSeconds: undefined,
};
