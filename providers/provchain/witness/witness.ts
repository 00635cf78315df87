/**
 * A witness, https://c2sp.org/tlog-witness: it cosigns a checkpoint of a log that it knows only if the log's tree
 * extends the one that it cosigned last, so that who asks for its cosignature is shown the same history as all others.
 *
 * Requests for one log are served one after the other, from the reading of its newest checkpoint to the writing of the
 * next: two that both extend the same checkpoint cannot both be cosigned unless one extends the other. What was written
 * comes before what is answered. A log whose writing failed is not cosigned again until a restart: whether the disk has
 * it is not known.
 */
import { NexusError } from '../../../model';
import {
  type AddCheckpoint,
  formatCosignatureLines,
  formatSizeLine,
  parseAddCheckpoint,
  sizeMediaType,
} from '../formats/add-checkpoint';
import { type CheckpointText, parseCheckpointText } from '../formats/checkpoint';
import { cosign } from '../formats/cosignature';
import {
  formatNote,
  type Note,
  type NoteVerifier,
  noteKeyId,
  openNote,
  parseNote,
  signaturesOf,
} from '../formats/note';
import type { SigningKey } from '../keys/key';
import { verifyConsistency } from '../tree/proof';
import { areEqual, emptyRoot } from '../tree/tree';
import { LogState, originHash } from './state';

export interface WitnessOptions {
  /** Its memory; made when missing. */
  readonly folder: string;
  readonly cosigner: SigningKey;
  /** The keys of the logs that it cosigns; a key's name is its log's origin. */
  readonly logs: readonly NoteVerifier[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Told why a log is not cosigned any more. */
  readonly report: (error: unknown) => void;
  /** Requests of one log that may wait. @default 32 */
  readonly waitingCountMax?: number;
  /** New checkpoints of one log in a second. @default 100 */
  readonly advancesPerSecondMax?: number;
}

/** What is answered over HTTP. */
export interface WitnessAnswer {
  readonly status: number;
  readonly mediaType: string;
  readonly body: string;
}

const answerStatus = {
  cosigned: 200,
  malformed: 400,
  unsigned: 403,
  unknown: 404,
  conflict: 409,
  unproved: 422,
  tooMany: 429,
  failed: 500,
} as const;

const text = 'text/plain; charset=utf-8';

/** The answer instead of a cosignature. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    body: string,
    readonly mediaType = text,
  ) {
    super(body);
  }

  get answer(): WitnessAnswer {
    return { status: this.status, mediaType: this.mediaType, body: this.message };
  }
}

const refuse = (status: number, reason: string): Refusal => new Refusal(status, `${reason}\n`);

/** A log that the witness knows. */
interface WitnessedLog {
  readonly verifiers: readonly NoteVerifier[];
  readonly state: LogState;
  /** Resolves when the last request is done. */
  tail: Promise<unknown>;
  waitingCount: number;
  /** Why nothing is cosigned any more. */
  failure: unknown;
  /** New checkpoints in the second that began then. */
  secondMs: number;
  advanceCount: number;
}

/** A request whose form and signature were checked. */
interface Submission extends AddCheckpoint {
  readonly note: Note;
  readonly head: CheckpointText;
}

export class Witness {
  readonly #options: Required<WitnessOptions>;
  readonly #logs = new Map<string, WitnessedLog>();

  private constructor(options: WitnessOptions) {
    this.#options = { waitingCountMax: 32, advancesPerSecondMax: 100, ...options };
  }

  /** @throws NexusError `witness-damaged` */
  static async open(options: WitnessOptions): Promise<Witness> {
    const witness = new Witness(options);
    for (const { name: origin } of options.logs) {
      if (witness.#logs.has(origin)) continue;
      const verifiers = options.logs.filter(({ name }) => name === origin);
      const state = await LogState.open({ folder: options.folder, origin, verifiers });
      witness.#logs.set(origin, newLog(verifiers, state));
    }
    return witness;
  }

  /** Serves `POST add-checkpoint`. Takes any bytes. */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    try {
      const submission = readSubmission(body);
      const log = this.#logs.get(submission.head.origin);
      if (log === undefined) throw refuse(answerStatus.unknown, 'unknown log');
      checkSignature(submission, log);
      if (submission.oldSize > submission.head.size)
        throw refuse(answerStatus.malformed, 'the old size is larger than that of the checkpoint');
      const lines = await this.#inTurn(log, () => this.#cosign(log, submission));
      return { status: answerStatus.cosigned, mediaType: text, body: lines };
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      return refuse(answerStatus.failed, 'the witness cannot write; see its output').answer;
    }
  }

  /** Runs an action after all earlier ones of the log. */
  async #inTurn(log: WitnessedLog, action: () => Promise<string>): Promise<string> {
    if (log.waitingCount >= this.#options.waitingCountMax)
      throw refuse(answerStatus.tooMany, 'too many requests of this log wait');
    log.waitingCount += 1;
    const turn = log.tail.then(action);
    log.tail = turn.catch(() => undefined);
    return turn.finally(() => {
      log.waitingCount -= 1;
    });
  }

  async #cosign(log: WitnessedLog, submission: Submission): Promise<string> {
    if (log.failure !== undefined) throw log.failure;
    try {
      return await this.#checkAndCosign(log, submission);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      log.failure = error;
      this.#options.report(error);
      throw error;
    }
  }

  async #checkAndCosign(log: WitnessedLog, { oldSize, proof, note, head }: Submission): Promise<string> {
    const newest = await log.state.newest();
    if (oldSize !== newest.size) throw conflict(newest.size);
    const { size: newSize, root: newRoot } = head;
    if (newSize === 0 && !areEqual(newRoot, emptyRoot))
      throw refuse(answerStatus.unproved, 'the root of an empty tree is another');
    if (!verifyConsistency({ oldSize, oldRoot: newest.root, newSize, newRoot, proof }))
      throw refuse(answerStatus.unproved, 'the proof does not show that the log was extended');
    const cosignature = cosign(note.text, this.#options.cosigner, this.#timeSeconds());
    const isNew = newSize > oldSize || newest.number === 0;
    if (isNew) {
      this.#countAdvance(log);
      const cosigned = formatNote({
        text: note.text,
        signatures: [...logSignatures(note, log), cosignature],
      });
      if (!(await log.state.advance(newest, { size: newSize, root: newRoot, note: cosigned })))
        throw conflict((await log.state.newest()).size);
    }
    return formatCosignatureLines([cosignature]);
  }

  #timeSeconds(): bigint {
    return BigInt(Math.floor(this.#options.clock() / 1000));
  }

  /** Only who has the log's key can use this up. */
  #countAdvance(log: WitnessedLog): void {
    const nowMs = this.#options.clock();
    if (Math.abs(nowMs - log.secondMs) >= 1000) [log.secondMs, log.advanceCount] = [nowMs, 0];
    log.advanceCount += 1;
    if (log.advanceCount > this.#options.advancesPerSecondMax)
      throw refuse(answerStatus.tooMany, 'too many checkpoints of this log in a second');
  }

  /** Serves `GET <origin hash>/checkpoint` to monitors: the newest that was cosigned. */
  async checkpoint(hash: string): Promise<WitnessAnswer> {
    const log = [...this.#logs].find(([origin]) => originHash(origin) === hash)?.[1];
    const newest = log?.failure === undefined ? await log?.state.newest() : undefined;
    if (newest === undefined || newest.number === 0)
      return refuse(answerStatus.unknown, 'no checkpoint of such a log was cosigned').answer;
    return { status: answerStatus.cosigned, mediaType: text, body: newest.note };
  }
}

function newLog(verifiers: readonly NoteVerifier[], state: LogState): WitnessedLog {
  return {
    verifiers,
    state,
    tail: Promise.resolve(),
    waitingCount: 0,
    failure: undefined,
    secondMs: 0,
    advanceCount: 0,
  };
}

const conflict = (size: number): Refusal =>
  new Refusal(answerStatus.conflict, formatSizeLine(size), sizeMediaType);

function readSubmission(body: Uint8Array): Submission {
  try {
    const request = parseAddCheckpoint(body);
    const note = parseNote(Buffer.from(request.checkpoint));
    return { ...request, note, head: parseCheckpointText(note.text) };
  } catch (error) {
    if (error instanceof NexusError) throw refuse(answerStatus.malformed, error.message);
    throw error;
  }
}

function checkSignature({ checkpoint }: Submission, { verifiers }: WitnessedLog): void {
  try {
    openNote(Buffer.from(checkpoint), verifiers);
  } catch (error) {
    if (error instanceof NexusError) throw refuse(answerStatus.unsigned, error.message);
    throw error;
  }
}

/** The lines of the log's keys, without those of strangers. */
function logSignatures(note: Note, { verifiers }: WitnessedLog): Note['signatures'] {
  return verifiers.flatMap((verifier) => signaturesOf(note, verifier.name, noteKeyId(verifier)));
}
