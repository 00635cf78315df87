/**
 * How a log gets its checkpoint cosigned: it asks all witnesses of its policy at once, and goes on when these are
 * enough, or fails when they all have answered and are not. A witness is asked for an extension of the size that it cosigned last
 * time; when it answers 409 with another size, once more with that one. What it answers is checked against its key
 * before it is added.
 *
 * Nothing is lost when a witness is not asked to its end: it holds a checkpoint of this log then, of which the next
 * one is an extension.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { NexusError, quote } from '../../../model';
import { errorCode } from '../../durable';
import {
  addCheckpointPath,
  formatAddCheckpoint,
  parseCosignatureLines,
  parseSizeLine,
  sizeMediaType,
} from '../formats/add-checkpoint';
import { cosignedAt } from '../formats/cosignature';
import {
  formatNote,
  type NoteSignature,
  noteKeyId,
  parseNote,
  signaturesOf,
  signatureType,
} from '../formats/note';
import type { Policy, PolicyWitness } from '../formats/policy';
import type { Cosign } from '../log/settle';
import { type HttpAnswer, HttpClient, type HttpPlace, parseHttpPlace } from '../storage/http-client';
import type { Hash } from '../tree/tree';
import { describeQuorum, isQuorum, policyUnmet } from './quorum';

export interface CollectOptions {
  readonly policy: Policy;
  /** For each request; a witness is asked twice at most. @default 5000 */
  readonly timeoutMs?: number;
  /** How long the other witnesses may still take when there are enough. @default 100 */
  readonly graceMs?: number;
}

const answerSizeBytesMax = 64 * 1024;

/** @throws NexusError `bad-policy` when the witnesses that have a URL can never be enough */
export function createCollector(options: CollectOptions): Cosign {
  const { policy, timeoutMs = 5_000, graceMs = 100 } = options;
  const remotes = policy.witnesses.flatMap((witness) =>
    witness.url === undefined ? [] : [new RemoteWitness(witness, witness.url)],
  );
  const reachable = remotes.map(({ witness }) => witness);
  if (!isQuorum(policy, reachable)) throw tooFewUrls(policy, reachable);
  return async (checkpoint, { size }, prove) => {
    const rest = new AbortController();
    const round = new Round(policy);
    const asked = remotes.map(async (remote) => {
      try {
        round.add(remote, await remote.cosign({ checkpoint, size, prove, timeoutMs, rest: rest.signal }));
      } catch (error) {
        round.fail(remote, error);
      }
    });
    await Promise.race([Promise.all(asked), round.enough.then(() => sleepFor(graceMs))]);
    rest.abort();
    await Promise.all(asked);
    return round.result(checkpoint, size);
  };
}

function tooFewUrls(policy: Policy, reachable: readonly PolicyWitness[]): NexusError {
  return new NexusError(
    'bad-policy',
    `Cannot collect cosignatures: ${reachable.length} of ${policy.witnesses.length} witnesses have a URL, too few for the quorum ${quote(policy.quorum)}`,
    { hint: 'Write the URL of each witness at the end of its line.' },
  );
}

/** What came in so far. */
class Round {
  readonly #policy: Policy;
  readonly #lines = new Map<PolicyWitness, readonly NoteSignature[]>();
  readonly #failures = new Map<PolicyWitness, string>();
  #tellEnough: () => void = () => undefined;
  /** Resolves when the policy is met. */
  readonly enough = new Promise<void>((resolve) => {
    this.#tellEnough = resolve;
  });

  constructor(policy: Policy) {
    this.#policy = policy;
    this.#tellIfEnough();
  }

  add({ witness }: RemoteWitness, lines: readonly NoteSignature[]): void {
    this.#lines.set(witness, lines);
    this.#tellIfEnough();
  }

  fail({ witness }: RemoteWitness, error: unknown): void {
    this.#failures.set(witness, error instanceof Error ? error.message : String(error));
  }

  #tellIfEnough(): void {
    if (isQuorum(this.#policy, [...this.#lines.keys()])) this.#tellEnough();
  }

  /** The note with their lines, in the order of the policy. */
  result(checkpoint: string, size: number): string {
    const note = parseNote(Buffer.from(checkpoint));
    if (!isQuorum(this.#policy, [...this.#lines.keys()])) throw this.#unmet(size);
    const lines = this.#policy.witnesses.flatMap((witness) => this.#lines.get(witness) ?? []);
    return formatNote({ text: note.text, signatures: [...note.signatures, ...lines] });
  }

  #unmet(size: number): NexusError {
    const reasons = this.#policy.witnesses.flatMap((witness) => {
      const reason = this.#failures.get(witness);
      return reason === undefined ? [] : [`${witness.name}: ${reason}`];
    });
    const quorum = describeQuorum(this.#policy, [...this.#lines.keys()]);
    return policyUnmet(
      `Cannot publish the checkpoint of size ${size}: ${[quorum, ...reasons].join('; ')}`,
      'The records are safe. When the witnesses answer again, the next append or opening of the ledger publishes them.',
    );
  }
}

/** What a witness is to cosign. */
interface Asking {
  readonly checkpoint: string;
  readonly size: number;
  readonly prove: (oldSize: number) => Promise<readonly Hash[]>;
  readonly timeoutMs: number;
  /** Aborted when the others were enough. */
  readonly rest: AbortSignal;
}

/** A witness as the log sees it. */
class RemoteWitness {
  readonly witness: PolicyWitness;
  readonly #place: HttpPlace;
  readonly #client: HttpClient;
  /** What it cosigned last, as far as we know. */
  #knownSize = 0;

  constructor(witness: PolicyWitness, url: string) {
    this.witness = witness;
    this.#place = parseHttpPlace(url);
    this.#client = new HttpClient(this.#place);
  }

  /** Its lines, which hold. */
  async cosign({ checkpoint, size, prove, timeoutMs, rest }: Asking): Promise<readonly NoteSignature[]> {
    const ask = async (oldSize: number): Promise<HttpAnswer> => {
      const proof = await prove(oldSize);
      return this.#post(formatAddCheckpoint({ oldSize, proof, checkpoint }), timeoutMs, rest);
    };
    // An answer to a connection that was closed meanwhile never comes; what was asked may be asked again.
    let answer = await ask(Math.min(this.#knownSize, size)).catch((error: unknown) => {
      if (isStale(error)) return ask(Math.min(this.#knownSize, size));
      throw error;
    });
    const otherSize = answer.status === 409 ? readSize(answer) : undefined;
    if (otherSize !== undefined && otherSize > size)
      throw new Error(`it has cosigned size ${otherSize} of this log already`);
    if (otherSize !== undefined) answer = await ask(otherSize);
    if (answer.status !== 200) throw refused(answer);
    const lines = this.#readLines(answer, parseNote(Buffer.from(checkpoint)).text);
    this.#knownSize = size;
    return lines;
  }

  #post(body: string, timeoutMs: number, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#client.exchange({
      method: 'POST',
      url: new URL(addCheckpointPath, this.#place.base),
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: Buffer.from(body),
      sizeBytesMax: answerSizeBytesMax,
      timeoutMs,
      signal,
    });
  }

  #readLines({ body }: HttpAnswer, text: string): readonly NoteSignature[] {
    const signatures = parseCosignatureLines(Buffer.from(body).toString());
    const { cosigner } = this.witness;
    // A time of 0 says nothing of when; the protocol has none.
    if (!cosignedAt({ text, signatures }, cosigner))
      throw new Error(`its answer has no cosignature of ${quote(cosigner.name)}`);
    const [own] = signaturesOf(
      { text, signatures },
      cosigner.name,
      noteKeyId(cosigner, signatureType.cosignature),
    );
    return own === undefined ? [] : [own];
  }
}

/** The witness had closed a connection that was kept for later. */
function isStale(error: unknown): boolean {
  return error instanceof NexusError && errorCode(error.cause) === 'ECONNRESET';
}

function readSize({ headers, body }: HttpAnswer): number {
  const size =
    headers['content-type'] === sizeMediaType ? parseSizeLine(Buffer.from(body).toString()) : undefined;
  if (size !== undefined) return size;
  throw new Error('it answered 409 without a size');
}

function refused({ status, body }: HttpAnswer): Error {
  return new Error(`it answered ${status} ${quote(Buffer.from(body).toString().trimEnd())}`);
}
