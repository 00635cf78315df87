/**
 * A node's serial console as the host sees it: text for people, `@nexus` lines for machines.
 *
 * Raw bytes go to every watcher, text goes into console.log. Record lines are parsed, matched with the challenge that
 * waits for them, and kept.
 * One challenge is on its way at a time; its line is sent again while no answer comes, as a node that is still
 * starting does not hear it.
 */
import { NexusError } from '../../../model';
import { ConsoleLog, readConsoleTail } from '../console-log';
import { MachineLineFilter } from '../machine-lines';
import { type BootRecord, hasValidSignature, isBoot, parseRecordLine, type SignedStatement } from '../record';
import { nodeFiles } from '../state-folder';
import { LineSplitter } from './lines';
import { Link } from './link';

export const consoleLimits = {
  /** A record with 64 peers and 8 cells, each name at its longest, and its signature. */
  lineSizeBytes: 16_384,
  inputSizeBytes: 65_536,
  challengesWaiting: 16,
} as const;

export interface ChallengeRequest {
  /** 64 hex digits. */
  readonly nonce: string;
  readonly timeoutMs: number;
  /** How long to wait for a record with this nonce before asking for it: a node's first record comes by itself. */
  readonly quietMs: number;
}

export interface ConsoleEvents {
  /** A record with a valid signature of the node's key, and a higher sequence than the last. */
  readonly onRecord: (record: SignedStatement) => void;
  /** The machine has been connected. */
  readonly onOpen: () => void;
  readonly log: (text: string) => void;
}

export interface ConsoleCounters {
  readonly droppedLines: number;
  /** Record lines that were malformed, of another key or out of order. */
  readonly badRecords: number;
  /** Bytes from watchers that the machine was too slow for. */
  readonly refusedInputs: number;
  /** Bytes of text that could not be written into console.log. */
  readonly unloggedBytes: number;
}

export type Watcher = (chunk: Buffer) => void;

export interface Watch {
  /** The last text before the first byte that the watcher is given, and nothing of what it is given. */
  readonly history: Buffer;
  readonly stop: () => void;
}

const againMs = 500;

export class NodeConsole {
  lastRecord: SignedStatement | undefined;
  lastBoot: BootRecord | undefined;
  /** What the kernel said when it gave up. */
  panic: string | undefined;
  private readonly lines = new LineSplitter(consoleLimits.lineSizeBytes);
  private readonly log: ConsoleLog;
  private readonly filter = new MachineLineFilter();
  private readonly watchers = new Set<Watcher>();
  private readonly link: Link;
  private readonly waiting = new Set<(record: SignedStatement) => void>();
  private queue: Promise<unknown> = Promise.resolve();
  private queued = 0;
  private badRecords = 0;
  private refusedInputs = 0;
  private lineIsOpen = false;

  constructor(
    private readonly folder: string,
    /** In hex; records of another key are counted as bad. */
    private readonly publicKey: string,
    private readonly events: ConsoleEvents,
  ) {
    this.log = new ConsoleLog(folder, events.log);
    this.link = new Link(folder, nodeFiles.serial, consoleLimits.inputSizeBytes, {
      onOpen: () => this.handleOpen(),
      onData: (chunk) => this.handleData(chunk),
      onClose: () => this.handleClose(),
    });
  }

  get isConnected(): boolean {
    return this.link.isOpen;
  }

  get counters(): ConsoleCounters {
    const { badRecords, refusedInputs } = this;
    const { droppedLines } = this.lines;
    return { droppedLines, badRecords, refusedInputs, unloggedBytes: this.log.unwrittenSizeBytes };
  }

  hurry(): void {
    this.link.hurry();
  }

  close(): void {
    this.log.write(this.filter.end());
    this.log.close();
    this.link.close();
  }

  /** Who comes in the middle of a record is given what follows it. */
  watch(onData: Watcher): Watch {
    let isWaiting = this.filter.isWithinMachineLine;
    const watcher = (chunk: Buffer): void => {
      const start = isWaiting ? chunk.indexOf(10) + 1 : 0;
      if (isWaiting && start === 0) return;
      isWaiting = false;
      if (start < chunk.length) onData(chunk.subarray(start));
    };
    this.watchers.add(watcher);
    this.log.flush();
    const history = Buffer.concat([readConsoleTail(this.folder), this.filter.held]);
    return { history, stop: () => this.watchers.delete(watcher) };
  }

  input(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.link.write(bytes)) this.lineIsOpen = bytes[bytes.length - 1] !== 10;
    else this.refusedInputs += 1;
  }

  /**
   * The node's boot record over the nonce; its signature is for the caller to check.
   * @param signal gives up, so that the next in line need not wait
   * @throws NexusError `no-answer`
   */
  async challenge(request: ChallengeRequest, signal?: AbortSignal): Promise<BootRecord> {
    if (this.queued >= consoleLimits.challengesWaiting)
      throw new NexusError('busy', `Cannot challenge the node: ${this.queued} challenges wait already`);
    this.queued += 1;
    const turn = this.queue.then(() => this.ask(request, signal));
    this.queue = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.queued -= 1;
    }
  }

  private ask(
    { nonce, timeoutMs, quietMs }: ChallengeRequest,
    signal: AbortSignal | undefined,
  ): Promise<BootRecord> {
    if (this.lastBoot?.statement.predicate.nonce === nonce) return Promise.resolve(this.lastBoot);
    if (signal?.aborted === true) return Promise.reject(this.noAnswer(0));
    return new Promise((resolve, reject) => {
      const giveUp = (): void => finish(() => reject(this.noAnswer(timeoutMs)));
      const finish = (settle: () => void): void => {
        signal?.removeEventListener('abort', giveUp);
        clearTimeout(timeout);
        clearInterval(again);
        clearTimeout(quiet);
        this.waiting.delete(check);
        settle();
      };
      const check = (record: SignedStatement): void => {
        if (isBoot(record) && record.statement.predicate.nonce === nonce) finish(() => resolve(record));
      };
      let again: NodeJS.Timeout | undefined;
      const quiet = setTimeout(() => {
        this.sendChallenge(nonce);
        again = setInterval(() => this.sendChallenge(nonce), againMs);
      }, quietMs);
      const timeout = setTimeout(giveUp, timeoutMs);
      signal?.addEventListener('abort', giveUp);
      this.waiting.add(check);
    });
  }

  private noAnswer(timeoutMs: number): NexusError {
    const why = this.panic ?? (this.isConnected ? 'it is silent' : 'its console is not there');
    return new NexusError('no-answer', `Cannot hear the node: no record within ${timeoutMs} ms, ${why}`, {
      hint: 'Read what it printed with `nexus console` or in its console.log.',
    });
  }

  private sendChallenge(nonce: string): void {
    // What somebody is typing must not become part of the line.
    const lead = this.lineIsOpen ? '\n' : '';
    this.link.write(Buffer.from(`${lead}@nexus challenge ${nonce}\n`, 'latin1'));
    this.lineIsOpen = false;
  }

  private handleOpen(): void {
    this.lines.reset();
    this.panic = undefined;
    this.lineIsOpen = false;
    this.log.startLine();
    this.events.log('console open');
    this.events.onOpen();
  }

  private handleClose(): void {
    this.log.write(this.filter.end());
    this.log.flush();
    this.events.log('console closed');
  }

  private handleData(chunk: Buffer): void {
    this.log.write(this.filter.push(chunk));
    for (const watcher of this.watchers) watcher(chunk);
    for (const line of this.lines.push(chunk)) this.handleLine(line);
  }

  private handleLine(line: string): void {
    if (line.startsWith('@nexus record ')) this.handleRecord(line);
    else if (line.startsWith('@nexus panic ')) this.handlePanic(line.slice('@nexus panic '.length));
  }

  private handlePanic(text: string): void {
    this.panic = `it panicked: ${text.slice(0, 200).replace(/[^ -~]/g, '?')}`;
    this.events.log(this.panic);
  }

  private handleRecord(line: string): void {
    const record = tryParse(line);
    if (record === undefined) {
      this.badRecords += 1;
      return;
    }
    // A challenger gets the record even with a wrong signature, to say what is wrong with it.
    for (const check of [...this.waiting]) check(record);
    if (this.isNews(record)) this.keep(record);
    else this.badRecords += 1;
  }

  private keep(record: SignedStatement): void {
    this.lastRecord = record;
    if (isBoot(record)) this.lastBoot = record;
    this.events.onRecord(record);
  }

  private isNews(record: SignedStatement): boolean {
    const { predicate } = record.statement;
    if (predicate.key !== this.publicKey || !hasValidSignature(record, this.publicKey)) return false;
    const last = this.lastRecord?.statement.predicate;
    if (last === undefined) return true;
    const order = compareDecimals(predicate.epoch, last.epoch);
    return order > 0 || (order === 0 && compareDecimals(predicate.sequence, last.sequence) > 0);
  }
}

function tryParse(line: string): SignedStatement | undefined {
  try {
    return parseRecordLine(line);
  } catch {
    return undefined;
  }
}

function compareDecimals(left: string, right: string): number {
  const [a, b] = [BigInt(left), BigInt(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}
