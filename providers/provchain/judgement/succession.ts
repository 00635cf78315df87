/**
 * Which key holds a role at which place in the log. The keys of a role follow each other: a rotation ends the key that
 * signs it and begins the next, a revocation ends a key without another. Places in the log decide, never clocks.
 *
 *     index      0 … 6          7             8 … 11         12                  13 …
 *     entry      A signs        A: A → B      B signs        B: A void from 5    B signs
 *     counts     A, 0 to 4                    B, 8 on
 *
 * A reader begins with one key that he trusts, the anchor, wherever in the succession it stands. Forward leads what
 * the anchor signed, backward the agreement that each new key gave to its rotation. Of several rotations of one key the
 * first counts: whoever stole a key that was replaced, or revoked, comes too late.
 */
import type { KeyIntroduction, Revocation } from '../../../model';
import { isAgreedRotation, type RotationClaim } from '../keys/rotation';

/** An entry with a statement about keys. @param signer public key in hex */
export interface KeyEntry<T> {
  readonly index: number;
  readonly signer: string;
  readonly statement: T;
}

/** What ended a key. */
export interface KeyEnd {
  readonly kind: 'replaced' | 'revoked';
  /** Index of the record that ended it. */
  readonly index: number;
  /** Index of the first entry on which the key's signature is worth nothing. */
  readonly fromIndex: number;
  readonly reason?: string | undefined;
}

/** A key's time, by places in the log. */
export interface Reign {
  readonly key: string;
  /** The first entry that it may have signed for its role. */
  readonly fromIndex: number;
  readonly end?: KeyEnd | undefined;
}

interface Solved {
  readonly reigns: ReadonlyMap<string, Reign>;
  readonly ends: ReadonlyMap<string, KeyEnd>;
}

export class Succession {
  readonly #role: KeyIntroduction['role'];
  readonly #anchor: string;
  readonly #rotations: KeyEntry<RotationClaim>[] = [];
  readonly #revocations: KeyEntry<Revocation>[] = [];
  readonly #firstSigned = new Map<string, number>();
  #solved: Solved | undefined;

  /** @param anchor the key that the reader trusts, in hex */
  constructor(role: KeyIntroduction['role'], anchor: string) {
    this.#role = role;
    this.#anchor = anchor;
  }

  /** Every entry, in the order of the log, before what it says. */
  takeSigner(signer: string, index: number): void {
    if (!this.#firstSigned.has(signer)) this.#firstSigned.set(signer, index);
  }

  takeKey({ index, signer, statement }: KeyEntry<KeyIntroduction>): void {
    if (statement.role !== this.#role || statement.replaces !== signer || !isAgreedRotation(statement))
      return;
    this.#rotations.push({ index, signer, statement });
    this.#solved = undefined;
  }

  /** Revocations of any key: of this role's, and of those that its holder introduced. */
  takeRevocation(revocation: KeyEntry<Revocation>): void {
    this.#revocations.push(revocation);
    this.#solved = undefined;
  }

  /** The keys of the role by their time, the first one first. */
  reigns(): readonly Reign[] {
    return [...this.#solve().reigns.values()];
  }

  findReign(key: string): Reign | undefined {
    return this.#solve().reigns.get(key);
  }

  /** What ended a key, of this role or another. */
  findEnd(key: string): KeyEnd | undefined {
    return this.#solve().ends.get(key);
  }

  /** Whether the key held the role at that place. */
  holds(key: string, index: number): boolean {
    const reign = this.findReign(key);
    return (
      reign !== undefined &&
      index >= reign.fromIndex &&
      index < (reign.end?.fromIndex ?? Number.POSITIVE_INFINITY)
    );
  }

  #solve(): Solved {
    this.#solved ??= this.#solveFrom(this.#first());
    return this.#solved;
  }

  /** Where the succession began, as far as the anchor's agreements lead back. */
  #first(): string {
    const visited = [this.#anchor];
    for (;;) {
      const [key = ''] = visited;
      const before = this.#rotations.find(
        // Who has signed before succeeds nobody later: that would take back what he signed.
        ({ statement, index }) => statement.key === key && index < (this.#firstSigned.get(key) ?? index + 1),
      )?.signer;
      if (before === undefined || visited.includes(before)) break;
      visited.unshift(before);
    }
    // A key before whose own time does not lead to the anchor was not its predecessor.
    return visited.find((key) => this.#solveFrom(key).reigns.has(this.#anchor)) ?? this.#anchor;
  }

  #solveFrom(first: string): Solved {
    const reigns = new Map<string, Reign>([[first, { key: first, fromIndex: 0 }]]);
    const ends = new Map<string, KeyEnd>();
    let current = first;
    const isCurrent = (key: string): boolean => key === current && !ends.has(key);
    const end = (key: string, how: KeyEnd): void => {
      const known = ends.get(key);
      if (known !== undefined && known.fromIndex <= how.fromIndex) return;
      ends.set(key, how);
      const reign = reigns.get(key);
      if (reign !== undefined) reigns.set(key, { ...reign, end: how });
    };
    for (const event of this.#events()) {
      const { index, signer } = event;
      if (event.kind === 'revocation') {
        const fromIndex = placeOf(event, isCurrent(signer));
        if (fromIndex !== undefined)
          end(event.statement.key, { kind: 'revoked', index, fromIndex, reason: event.statement.reason });
      } else if (isCurrent(signer) && !reigns.has(event.statement.key) && !ends.has(event.statement.key)) {
        end(signer, { kind: 'replaced', index, fromIndex: index + 1 });
        current = event.statement.key;
        reigns.set(current, { key: current, fromIndex: index + 1 });
      }
    }
    return { reigns, ends };
  }

  #events() {
    const rotations = this.#rotations.map((entry) => ({ kind: 'rotation', ...entry }) as const);
    const revocations = this.#revocations.map((entry) => ({ kind: 'revocation', ...entry }) as const);
    return [...rotations, ...revocations].sort((left, right) => left.index - right.index);
  }
}

/**
 * From where on a revoked key counts no more; undefined when the signer may not revoke it. The holder of the role may
 * reach back; a key may only give up itself, from now on: else whoever stole it could void what it ever signed.
 */
function placeOf({ index, signer, statement }: KeyEntry<Revocation>, isHolder: boolean): number | undefined {
  if (signer === statement.key) return index + 1;
  return isHolder ? Math.min(statement.fromIndex ?? index, index) : undefined;
}
