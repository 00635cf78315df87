/**
 * How a log gets its checkpoint cosigned: it asks all witnesses of its policy at once, and goes on when these are
 * enough, or fails when they cannot be any more. A witness is asked for an extension of the size that it cosigned last
 * time; when it answers 409 with another size, once more with that one. What it answers is checked against its key
 * before it is added.
 *
 * Nothing is lost when a witness is not asked to its end: it holds a checkpoint of this log then, of which the next
 * one is an extension.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { NexusError, quote } from '../../model';
import {
  addCheckpointPath,
  formatAddCheckpoint,
  parseCosignatureLines,
  parseSizeLine,
  sizeMediaType,
} from './add-checkpoint';
import { parseCheckpointText } from './checkpoint';
import { cosignedAt } from './cosignature';
import { type HttpAnswer, HttpClient, type HttpPlace, parseHttpPlace } from './http-client';
import {
  formatNote,
  type Note,
  type NoteSignature,
  noteKeyId,
  parseNote,
  signaturesOf,
  signatureType,
} from './note';
import type { Policy, PolicyWitness } from './policy';
import { describeQuorum, isQuorum, policyUnmet } from './quorum';
import type { Hash } from './tree';

/** Gives the proof that the log's tree extends the one that it had at that size. */
export type ProveExtension = (oldSize: number) => Promise<readonly Hash[]>;

/** Adds the lines of witnesses to a checkpoint. @throws NexusError `policy-unmet` */
export type CollectCosignatures = (checkpoint: string, prove: ProveExtension) => Promise<string>;

export interface CollectOptions {
  readonly policy: Policy;
  /** For each request; a witness is asked twice at most. @default 5000 */
  readonly timeoutMs?: number;
  /** How long the other witnesses may still take when there are enough. @default 100 */
  readonly graceMs?: number;
}

const answerSizeBytesMax = 64 * 1024;

/** @throws NexusError `bad-policy` when the witnesses that have a URL can never be enough */
export function createCollector(options: CollectOptions): CollectCosignatures {
  const { policy, timeoutMs = 5_000, graceMs = 100 } = options;
  const remotes = policy.witnesses.flatMap((witness) =>
    witness.url === undefined ? [] : [new RemoteWitness(witness, witness.url)],
  );
  if (
    !isQuorum(
      policy,
      remotes.map(({ witness }) => witness),
    )
  )
    throw tooFewUrls(policy, remotes);
  return async (checkpoint, prove) => {
    const rest = new AbortController();
    const round = new Round(policy);
    const asked = remotes.map(async (remote) => {
      try {
        round.add(remote, await remote.cosign(checkpoint, prove, timeoutMs, rest.signal));
      } catch (error) {
        round.fail(remote, error);
      }
    });
    await Promise.race([Promise.all(asked), round.enough.then(() => sleepFor(graceMs))]);
    rest.abort();
    await Promise.all(asked);
    return round.result(checkpoint);
  };
}

function tooFewUrls(policy: Policy, remotes: readonly RemoteWitness[]): NexusError {
  const reachable = remotes.map(({ witness }) => ({ name: witness.name }));
  return new NexusError(
    'bad-policy',
    `Cannot collect cosignatures by this policy: only ${reachable.length} witnesses have a URL, and ${describeQuorum(policy, reachable)}`,
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

  result(checkpoint: string): string {
    const witnessedBy = [...this.#lines.keys()];
    const note = parseNote(Buffer.from(checkpoint));
    if (!isQuorum(this.#policy, witnessedBy)) throw this.#unmet(note);
    return formatNote({
      text: note.text,
      signatures: [...note.signatures, ...[...this.#lines.values()].flat()],
    });
  }

  #unmet({ text }: Note): NexusError {
    const reasons = [...this.#failures].map(([{ name }, reason]) => `${name}: ${reason}`);
    const quorum = describeQuorum(this.#policy, [...this.#lines.keys()]);
    return policyUnmet(
      `Cannot publish the checkpoint of size ${parseCheckpointText(text).size}: ${[quorum, ...reasons].join('; ')}`,
      'The records are safe. When the witnesses answer again, the next append or opening of the ledger publishes them.',
    );
  }
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
  async cosign(
    checkpoint: string,
    prove: ProveExtension,
    timeoutMs: number,
    rest: AbortSignal,
  ): Promise<readonly NoteSignature[]> {
    const { text } = parseNote(Buffer.from(checkpoint));
    const { size } = parseCheckpointText(text);
    const ask = async (oldSize: number): Promise<HttpAnswer> => {
      const proof = await prove(oldSize);
      return this.#post(formatAddCheckpoint({ oldSize, proof, checkpoint }), timeoutMs, rest);
    };
    let answer = await ask(Math.min(this.#knownSize, size));
    const otherSize = answer.status === 409 ? readSize(answer) : undefined;
    if (otherSize !== undefined && otherSize > size)
      throw new Error(`it has cosigned size ${otherSize} of this log already`);
    if (otherSize !== undefined) answer = await ask(otherSize);
    if (answer.status !== 200) throw refused(answer);
    const lines = this.#readLines(answer, text);
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
    if (cosignedAt({ text, signatures }, cosigner) === undefined)
      throw new Error(`its answer has no cosignature of ${quote(cosigner.name)}`);
    const [own] = signaturesOf(
      { text, signatures },
      cosigner.name,
      noteKeyId(cosigner, signatureType.cosignature),
    );
    return own === undefined ? [] : [own];
  }
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
