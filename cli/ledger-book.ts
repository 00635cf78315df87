/**
 * What the ledger says, read once and looked up from memory. A record counts for what its signer may say: only the
 * deployer introduces keys, describes releases and deployments; only a node's own key speaks of its boots. Which key
 * is whose at which place of the log is told by the ledger itself (Authority of providers/provchain).
 */
import { type Cid, isKind, NexusError, type RecordKind, type StatementOf } from '../model';
import {
  Authority,
  damageCode,
  Floors,
  type KeyEnd,
  type LedgerEntry,
  signerKey,
  type VerifiedRecord,
  verifyRecord,
} from '../providers/provchain';
import type { Io } from './io';
import { type LedgerAccess, openLedgerAccess } from './state';
import { describeHolder } from './words';

/** An entry whose statement is of one kind. */
export interface BookEntry<K extends RecordKind> extends LedgerEntry {
  readonly statement: Extract<LedgerEntry['statement'], StatementOf<K>>;
}

export class LedgerBook {
  readonly #access: LedgerAccess;
  readonly #entries: readonly LedgerEntry[];
  /** Whose word counts where. */
  readonly authority: Authority;
  /** The lowest releases that may be deployed. */
  readonly floors: Floors;

  private constructor(access: LedgerAccess, entries: readonly LedgerEntry[]) {
    this.#access = access;
    this.#entries = entries;
    this.authority = new Authority(access.deployerKey);
    this.floors = new Floors(this.authority);
    for (const entry of entries) {
      this.authority.take(entry);
      this.floors.take(entry);
    }
  }

  /** @throws NexusError `no-ledger`, `ledger-damaged` */
  static async open(stateDir: string, io: Io): Promise<LedgerBook> {
    const access = await openLedgerAccess(stateDir, io);
    const entries: LedgerEntry[] = [];
    for await (const entry of access.ledger.entries({ signal: io.signal })) entries.push(entry);
    return new LedgerBook(access, entries);
  }

  /** The log's own key, in hex. */
  get logKey(): string {
    return Buffer.from(this.#access.log.publicKey).toString('hex');
  }

  /** The log's name. */
  get origin(): string {
    return this.#access.ledger.origin;
  }

  /** The entry at a place of the log. */
  async at(index: number): Promise<LedgerEntry | undefined> {
    for await (const entry of this.#access.ledger.entries({ from: index, to: index + 1 })) return entry;
    return undefined;
  }

  /** Number of records. */
  get size(): number {
    return this.#entries.length;
  }

  /** The first entry of a record that counts: another may have signed the same before, with a key that did not. */
  find(cid: Cid): LedgerEntry | undefined {
    const found = this.#entries.filter((entry) => entry.cid === cid);
    return found.find((entry) => this.voidness(entry) === undefined) ?? found[0];
  }

  /** The release, if the ledger has it and the deployer described it. */
  findRelease(cid: Cid): BookEntry<'release'> | undefined {
    return this.#last('release', (entry) => entry.cid === cid && this.isDeployers(entry));
  }

  /** All releases that the deployer described, the oldest first; one that was described again stands at its last place. */
  releases(): readonly BookEntry<'release'>[] {
    const last = new Map<Cid, BookEntry<'release'>>();
    for (const entry of this.#all('release').filter((each) => this.isDeployers(each))) {
      last.delete(entry.cid);
      last.set(entry.cid, entry);
    }
    return [...last.values()];
  }

  findArtifact(cid: Cid): BookEntry<'artifact'> | undefined {
    return this.#last(
      'artifact',
      (entry) => entry.statement.predicate.cid === cid && this.isDeployers(entry),
    );
  }

  /** The last word on where a node stands: deployed or removed. A failed attempt changes neither. */
  findDeployment(node: string): BookEntry<'deployment'> | undefined {
    return this.#last('deployment', (entry) => {
      const { node: name, outcome } = entry.statement.predicate;
      return name === node && outcome !== 'failed' && this.isDeployers(entry);
    });
  }

  findIntroduction(node: string, key: string): BookEntry<'key'> | undefined {
    return this.#last('key', (entry) => {
      const { predicate } = entry.statement;
      return (
        predicate.role === 'node' &&
        predicate.name === node &&
        predicate.key === key &&
        this.isDeployers(entry)
      );
    });
  }

  /** The boot record of a start, signed by the node's key. */
  findBoot(node: string, key: string, epoch: string): BookEntry<'boot'> | undefined {
    return this.#last('boot', (entry) => {
      const { predicate } = entry.statement;
      return (
        predicate.node === node &&
        predicate.epoch === epoch &&
        predicate.key === key &&
        signerKey(entry) === key &&
        this.authority.isGood(key, entry.index)
      );
    });
  }

  /** Names of the nodes that stand deployed, sorted. */
  deployedNodes(): string[] {
    const names = new Set(this.#all('deployment').map(({ statement }) => statement.predicate.node));
    return [...names]
      .filter((node) => this.findDeployment(node)?.statement.predicate.outcome === 'deployed')
      .sort();
  }

  isDeployers(entry: LedgerEntry): boolean {
    return this.authority.isDeployers(entry);
  }

  /** Who signed an entry, in words. */
  signerOf(entry: LedgerEntry): string {
    const standing = this.authority.standingOf(entry);
    if (standing === undefined) return 'a key that nobody introduced';
    const holder = describeHolder(standing);
    if (standing.end === undefined) return holder;
    return `${holder}, with a key that ${describeEnd(standing.end)}`;
  }

  /** Why an entry counts for nothing: its key had been ended before its place. Undefined when it had not. */
  voidness(entry: LedgerEntry): string | undefined {
    const standing = this.authority.standingOf(entry);
    if (standing === undefined || standing.counts) return undefined;
    if (standing.end === undefined || entry.index < standing.end.fromIndex)
      return `signed by ${describeHolder(standing)} before that key was introduced: it counts for nothing`;
    return `signed by ${describeHolder(standing)} with a key that ${describeEnd(standing.end)}: it counts for nothing`;
  }

  /** Proves that the entry is in the log, up to the log's signature. @throws NexusError when it is not */
  async prove(entry: LedgerEntry): Promise<VerifiedRecord> {
    const { ledger, log } = this.#access;
    const proof = await ledger.prove(entry.cid, entry.index);
    if (proof !== undefined)
      return verifyRecord({ ...entry.envelope, publicKey: entry.publicKey, proof }, log);
    throw new NexusError(
      damageCode,
      `Cannot prove record "${entry.cid}": the ledger does not find it any more`,
    );
  }

  #all<K extends RecordKind>(kind: K): BookEntry<K>[] {
    return this.#entries.filter((entry): entry is BookEntry<K> => isKind(entry.statement, kind));
  }

  #last<K extends RecordKind>(kind: K, test: (entry: BookEntry<K>) => boolean): BookEntry<K> | undefined {
    return this.#all(kind).findLast(test);
  }
}

/** `record 12 replaced`, `record 17 revoked ("stolen") from record 9 on` */
export function describeEnd({ kind, index, fromIndex, reason }: KeyEnd): string {
  const why = reason === undefined ? '' : ` ("${reason}")`;
  const since = fromIndex < index ? ` from record ${fromIndex} on` : '';
  return `record ${index} ${kind}${why}${since}`;
}
