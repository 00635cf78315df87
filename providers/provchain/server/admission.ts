/**
 * Who may append to a shared log. Whoever runs it names keys of deployers; the log itself says the rest, by the rules
 * by which it is read (authority.ts): a deployer's key that was rotated hands on to the next, one that was revoked may
 * nothing any more, and whom a deployer introduced may speak of himself.
 *
 *     a deployer     any record
 *     a node         its own boots and heartbeats
 *     a collector    intervals of heartbeats
 *     any of them    the rotation and the revocation of its own key
 *
 * The log is read once, and then as far as it has grown. Of each entry hash and signer are checked, and the signature
 * where it speaks of keys.
 */
import { isKind, parseStatement, type Statement, sha256 } from '../../../model';
import { verifyEnvelope } from '../formats/dsse';
import { Authority } from '../judgement/authority';
import { type LogView, readLeaf } from '../log/log-view';
import { damaged } from '../storage/damage';
import { tileWidth } from '../tree/tile';
import { areEqual } from '../tree/tree';
import type { Admission } from './appender';
import type { CurrentLog } from './current-log';

export const allowedKeyCountMax = 256;
/** What a payload that speaks of keys has in it. */
const marks = ['/provchain/key/v1"', '/provchain/revocation/v1"'].map((text) => Buffer.from(text));

export class LogAdmission implements Admission {
  readonly #log: CurrentLog;
  readonly #authorities: readonly Authority[];
  /** Number of entries that were read. */
  #size = 0;
  #reading: Promise<void> = Promise.resolve();

  /** @param allowed public keys of deployers, in hex */
  constructor(log: CurrentLog, allowed: readonly string[]) {
    this.#log = log;
    this.#authorities = allowed.map((key) => new Authority(key));
  }

  refuse(statement: Statement, publicKey: Uint8Array): string | undefined {
    const entry = { index: this.#size, publicKey };
    if (this.#authorities.some((authority) => authority.isDeployers(entry))) return undefined;
    const standings = this.#authorities.flatMap((authority) => authority.standingOf(entry) ?? []);
    const standing = standings.find(({ counts }) => counts);
    if (standing !== undefined) return refuseHolder(statement, standing);
    const [ended] = standings;
    if (ended === undefined) return 'nobody who may has introduced this key';
    return `this key of ${ended.role} ${ended.name} was ${ended.end?.kind ?? 'ended'} at entry ${ended.end?.index ?? 0}`;
  }

  /** Reads what the log has got since. One at a time. */
  refresh(): Promise<void> {
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#read());
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { view } = await this.#log.look();
    while (this.#size < view.size) await this.#readGroup(view, Math.floor(this.#size / tileWidth));
  }

  async #readGroup(view: LogView, group: number): Promise<void> {
    const [entries, payloads] = await Promise.all([view.bundle(group), view.payloads(group)]);
    for (let index = this.#size; index < group * tileWidth + entries.length; index += 1) {
      const at = index % tileWidth;
      this.#take(index, entries[at] ?? new Uint8Array(), payloads[at] ?? new Uint8Array());
      this.#size = index + 1;
    }
  }

  #take(index: number, entry: Uint8Array, payload: Uint8Array): void {
    const { publicKey, payloadDigest, signature } = readLeaf(entry, index);
    if (!areEqual(sha256(payload), payloadDigest))
      throw damaged('records', `the payload of entry ${index} is not the one that the log names`);
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const speaksOfKeys = marks.some((mark) => bytes.includes(mark));
    const isSigned = speaksOfKeys && verifyEnvelope({ payload, signature }, publicKey);
    for (const authority of this.#authorities)
      if (isSigned) authority.take({ index, publicKey, statement: parseStatement(payload) });
      else authority.takeSigner({ index, publicKey });
  }
}

type Holder = Pick<NonNullable<ReturnType<Authority['standingOf']>>, 'role' | 'name' | 'key'>;

/** Why a key that a deployer introduced may not append this. */
function refuseHolder(statement: Statement, { role, name, key }: Holder): string | undefined {
  const isOfItself =
    (isKind(statement, 'key') && statement.predicate.replaces === key) ||
    (isKind(statement, 'revocation') && statement.predicate.key === key);
  const isNodes =
    role === 'node' &&
    (isKind(statement, 'boot') || isKind(statement, 'heartbeat')) &&
    statement.predicate.node === name;
  const isCollectors = role === 'collector' && isKind(statement, 'heartbeat-interval');
  return isOfItself || isNodes || isCollectors ? undefined : `${role} ${name} may not append such a record`;
}
