/** What an endpoint keeps of each configured peer: no more than this, whatever comes. */
import type { Session, SessionView } from './session';

/** An attempt to begin a session. */
export interface Attempt {
  readonly privateKey: Uint8Array;
  readonly ephemeral: Uint8Array;
  readonly endsAt: number;
  retryAt: number;
  retryDelay: number;
  /** How many opens this try may still send: each costs a signature. */
  opens: number;
}

export interface PeerState {
  readonly id: string;
  readonly publicKey: Uint8Array;
  link: Uint8Array;
  /** The highest epoch that was signed. */
  epoch: bigint;
  /** Of the last open taken in that epoch: those that follow must be higher. */
  openSequence: bigint;
  /** The initiator's ephemeral of the present session and our answer, if the peer began it. */
  answered: { readonly ephemeral: Uint8Array; readonly packet: Uint8Array } | undefined;
  attempt: Attempt | undefined;
  session: Session | undefined;
}

/** What a test and a status line may see. */
export interface PeerView {
  readonly peer: string;
  readonly epoch: bigint;
  readonly isConnecting: boolean;
  readonly session: SessionView | undefined;
}

const everyone = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

export function newPeer(id: string, publicKey: Uint8Array): PeerState {
  return {
    id,
    publicKey,
    link: everyone,
    epoch: 0n,
    openSequence: 0n,
    answered: undefined,
    attempt: undefined,
    session: undefined,
  };
}

export function viewPeer({ id, epoch, attempt, session }: PeerState): PeerView {
  return { peer: id, epoch, isConnecting: attempt !== undefined, session: session?.view };
}
