/** What a stack holds by name: the one place where a second thing of the same name is noticed. */
import type { Construct } from 'constructs';
import { compareNames, type NameKind, NexusError, quote } from '../model';

/** A construct with a name of its own in the stack. */
export interface Named extends Construct {
  readonly name: string;
}

/** Constructs of one kind by name. Several may claim one name until the synth refuses it. */
export class NamedConstructs<T extends Named> {
  private readonly byName = new Map<string, T>();
  private readonly members = new Set<T>();

  constructor(private readonly kind: NameKind | 'swarm' | 'fleet') {}

  add(member: T): void {
    this.members.add(member);
    if (!this.byName.has(member.name)) this.byName.set(member.name, member);
  }

  has(member: T): boolean {
    return this.members.has(member);
  }

  /** Sorted by name, so that no order of construction changes an output. */
  all(): readonly T[] {
    return [...this.members].toSorted((left, right) => compareNames(left.name, right.name));
  }

  /** @throws NexusError `duplicate-name` for each but the first of a name */
  checkIsFirst(member: T): void {
    const first = this.byName.get(member.name);
    if (first === undefined || first === member) return;
    throw new NexusError(
      'duplicate-name',
      `Cannot add ${this.kind} ${quote(member.name)}: [${first.node.path}] has that name, expected each name once in a stack`,
      { hint: 'Rename one of the two with the `name` property.' },
    );
  }
}
