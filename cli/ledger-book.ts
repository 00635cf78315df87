/**
 * What the ledger says, read once and looked up from memory. A record counts for what its signer may say: only the
 * deployer introduces keys, describes releases and deployments; only a node's own key speaks of its boots.
 */
import { type Cid, isKind, NexusError, type Predicates, type RecordKind, type StatementOf } from '../model';
import { damageCode, type LedgerEntry, type VerifiedRecord, verifyRecord } from '../providers/provchain';
import { type LedgerAccess, openLedgerAccess } from './state';

/** An entry whose statement is of one kind. */
export interface BookEntry<K extends RecordKind> extends LedgerEntry {
  readonly statement: Extract<LedgerEntry['statement'], StatementOf<K>>;
}

export class LedgerBook {
  readonly #access: LedgerAccess;
  readonly #entries: readonly LedgerEntry[];

  private constructor(access: LedgerAccess, entries: readonly LedgerEntry[]) {
    this.#access = access;
    this.#entries = entries;
  }

  /** @throws NexusError `no-ledger`, `ledger-damaged` */
  static async open(stateDir: string, signal?: AbortSignal): Promise<LedgerBook> {
    const access = await openLedgerAccess(stateDir);
    const entries: LedgerEntry[] = [];
    for await (const entry of access.ledger.entries(signal === undefined ? {} : { signal }))
      entries.push(entry);
    return new LedgerBook(access, entries);
  }

  /** Number of records. */
  get size(): number {
    return this.#entries.length;
  }

  /** The first entry of a record. */
  find(cid: Cid): LedgerEntry | undefined {
    return this.#entries.find((entry) => entry.cid === cid);
  }

  /** The release, if the ledger has it and the deployer described it. */
  findRelease(cid: Cid): BookEntry<'release'> | undefined {
    return this.#last('release', (entry) => entry.cid === cid && this.isDeployers(entry));
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
        signerKey(entry) === key
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
    return signerKey(entry) === this.#access.deployerKey;
  }

  /** Who signed an entry, in words. */
  signerOf(entry: LedgerEntry): string {
    const key = signerKey(entry);
    if (key === this.#access.deployerKey) return 'the deployer';
    const introduced = this.#last(
      'key',
      (other) => other.statement.predicate.key === key && this.isDeployers(other),
    );
    const who: Predicates['key'] | undefined = introduced?.statement.predicate;
    return who === undefined ? 'a key that nobody introduced' : `${who.role} ${who.name}`;
  }

  /** Proves that the entry is in the log, up to the log's signature. @throws NexusError when it is not */
  async prove(entry: LedgerEntry): Promise<VerifiedRecord> {
    const { ledger, log } = this.#access;
    const proof = await ledger.prove(entry.cid);
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

function signerKey({ publicKey }: LedgerEntry): string {
  return Buffer.from(publicKey).toString('hex');
}
