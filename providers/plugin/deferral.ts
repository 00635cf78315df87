/**
 * Deferral (protocol 6.6): a handler that cannot say yet what will be says so, and Terraform plans the rest and comes
 * back in a later run. A Terraform that does not defer gets an error with the way around it.
 */

/** Enum `Deferred.Reason`. */
const reasons = {
  'configuration-unknown': 1,
  'provider-configuration-unknown': 2,
  'absent-prerequisite': 3,
} as const;

export type DeferReason = keyof typeof reasons;

/** What a context has in calls that can be put off. */
export interface Deferrable {
  /** Whether this Terraform can put the call off. */
  readonly deferralAllowed: boolean;
  /** Ends the handler and puts the call off. @throws always; an ordinary error where Terraform cannot defer */
  defer(reason: DeferReason): never;
}

/** Unwinds a handler. No problem, so it becomes no diagnostic. */
export class DeferredCall extends Error {
  override readonly name = 'DeferredCall';
}

/** Whether one call is put off, and why. */
export class Deferral implements Deferrable {
  private reason: DeferReason | undefined;

  /** @param known a reason that holds before the handler is asked */
  constructor(
    readonly deferralAllowed: boolean,
    known?: DeferReason | undefined,
  ) {
    this.reason = deferralAllowed ? known : undefined;
  }

  get isDeferred(): boolean {
    return this.reason !== undefined;
  }

  defer(reason: DeferReason): never {
    if (!this.deferralAllowed)
      throw Object.assign(new Error(`not possible yet, ${meanings[reason]}`), {
        hint: 'This Terraform cannot defer it: apply first what it waits for, with -target.',
      });
    this.reason = reason;
    throw new DeferredCall(meanings[reason]);
  }

  /** For the handler's context. */
  get context(): Deferrable {
    return { deferralAllowed: this.deferralAllowed, defer: (reason) => this.defer(reason) };
  }

  /** The field `deferred` of an answer, where it is put off. */
  get field(): { deferred?: { reason: number } } {
    return this.reason === undefined ? {} : { deferred: { reason: reasons[this.reason] } };
  }
}

const meanings: Readonly<Record<DeferReason, string>> = {
  'configuration-unknown': 'its configuration is known only after another apply',
  'provider-configuration-unknown': "the provider's configuration is known only after another apply",
  'absent-prerequisite': 'what it needs is not there',
};
