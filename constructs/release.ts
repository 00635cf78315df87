/** Releases as values: which one a stack or a fleet is to run. */
import { parseCid } from '../model';
import { Token } from './_engine';
import { collectProblems } from './_validation';

/** A release that is recorded in the ledger, by its CID. A value: a stack and a fleet may share one. */
export class Release {
  /**
   * The release of that CID, as `nexus log --kind release` shows it. It is checked at synth; what Terraform knows only
   * later is checked by the provider.
   */
  static fromLedger(cid: string): Release {
    return new Release(cid);
  }

  private constructor(
    /** CID of the release's record. */
    readonly cid: string,
  ) {}

  /** Whether Terraform knows the CID only later. */
  get isKnownLater(): boolean {
    return Token.isUnresolved(this.cid);
  }

  /**
   * What is wrong with the CID, as texts with hints.
   * @internal
   */
  findProblems(): string[] {
    return this.isKnownLater ? [] : collectProblems(() => parseCid(this.cid));
  }
}
