/**
 * Whose word counts at which place in the log: the rules by which every reader judges records. The deployer introduces
 * keys, describes releases and deployments, raises floors; a node speaks of itself. Which key is the deployer's follows
 * from the log (succession.ts); a record of a key that was ended before it is there and counts for nothing.
 */
import { isKind, type KeyIntroduction } from '../../../model';
import type { LedgerEntry } from '../log/reader';
import { type KeyEnd, type Reign, Succession } from './succession';

/** Who signed an entry, and what that is worth. */
export interface Standing {
  readonly role: KeyIntroduction['role'];
  readonly name: string;
  /** In hex. */
  readonly key: string;
  /** Whether the key was good at the entry's place. */
  readonly counts: boolean;
  /** What ended the key, also where the entry is from before. */
  readonly end?: KeyEnd | undefined;
}

/** What is kept of an entry. */
type Introduced = Pick<KeyIntroduction, 'role' | 'name'> & {
  readonly index: number;
  readonly signer: string;
};
type Signed = Pick<LedgerEntry, 'index' | 'publicKey'>;

/** In hex. */
export function signerKey({ publicKey }: Pick<LedgerEntry, 'publicKey'>): string {
  return Buffer.from(publicKey).toString('hex');
}

export class Authority {
  readonly #deployers: Succession;
  readonly #introductions = new Map<string, Introduced[]>();

  /** @param anchor the deployer's key that the reader trusts, in hex; undefined trusts nobody */
  constructor(anchor: string | undefined) {
    this.#deployers = new Succession('deployer', anchor ?? '');
  }

  /** Every entry of the log is shown once, in order; then the rest is asked. */
  take(entry: Pick<LedgerEntry, 'index' | 'publicKey' | 'statement'>): void {
    const { index, statement } = entry;
    const signer = signerKey(entry);
    this.#deployers.takeSigner(signer, index);
    if (isKind(statement, 'key')) {
      this.#deployers.takeKey({ index, signer, statement: statement.predicate });
      this.#introduce(statement.predicate, index, signer);
    } else if (isKind(statement, 'revocation'))
      this.#deployers.takeRevocation({ index, signer, statement: statement.predicate });
  }

  /** In place of {@link take}, for an entry that is known not to speak of keys. */
  takeSigner(entry: Signed): void {
    this.#deployers.takeSigner(signerKey(entry), entry.index);
  }

  #introduce({ key, role, name }: KeyIntroduction, index: number, signer: string): void {
    const known = this.#introductions.get(key) ?? [];
    const isRepeated = known.some(
      (other) => other.signer === signer && other.role === role && other.name === name,
    );
    if (!isRepeated) this.#introductions.set(key, [...known, { role, name, index, signer }]);
  }

  /** Whether the deployer of that place signed the entry. */
  isDeployers(entry: Signed): boolean {
    return this.#deployers.holds(signerKey(entry), entry.index);
  }

  /** The deployer's keys in their order. */
  deployers(): readonly Reign[] {
    return this.#deployers.reigns();
  }

  /** What ended a key, whoever's it is. */
  findEnd(key: string): KeyEnd | undefined {
    return this.#deployers.findEnd(key);
  }

  /** Whether the key was not ended before that place. Whose it is is another question. */
  isGood(key: string, index: number): boolean {
    return index < (this.findEnd(key)?.fromIndex ?? Number.POSITIVE_INFINITY);
  }

  /** Who signed the entry; undefined for a key that no deployer introduced. */
  standingOf(entry: Signed): Standing | undefined {
    const key = signerKey(entry);
    const end = this.findEnd(key);
    const reign = this.#deployers.findReign(key);
    if (reign !== undefined)
      return { role: 'deployer', name: 'deployer', key, counts: this.isDeployers(entry), end };
    const holder = this.holderOf(key);
    return holder && { ...holder, key, counts: this.isGood(key, entry.index), end };
  }

  /** Whom a deployer introduced with that key, the last time. */
  holderOf(key: string): Pick<KeyIntroduction, 'role' | 'name'> | undefined {
    const introduced = this.#introductions
      .get(key)
      ?.findLast(({ signer, index }) => this.#deployers.holds(signer, index));
    return introduced && { role: introduced.role, name: introduced.name };
  }

  /** All keys that a deployer introduced, in the order of their introduction. */
  holders(): (Pick<KeyIntroduction, 'role' | 'name' | 'key'> & { readonly end?: KeyEnd | undefined })[] {
    return [...this.#introductions.keys()].flatMap((key) => {
      const holder = this.holderOf(key);
      return holder === undefined ? [] : [{ ...holder, key, end: this.findEnd(key) }];
    });
  }
}
