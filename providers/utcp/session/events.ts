/** What goes into an endpoint and what comes out. Peers are named by their CellIDs, in 32 hex digits. */
import type { PacketFault } from '../header';

export type UtcpEvent =
  | { readonly kind: 'connect'; readonly peer: string }
  /** A packet, and the link address that it came from. */
  | { readonly kind: 'packet'; readonly from: Uint8Array; readonly packet: Uint8Array }
  | {
      readonly kind: 'send';
      readonly peer: string;
      readonly stream: number;
      readonly message: Uint8Array;
    }
  /** The reader is done with so many delivered messages: there is room for as many more. */
  | { readonly kind: 'consumed'; readonly peer: string; readonly stream: number; readonly count: number }
  /** Ends the session when the peer has all that was sent. */
  | { readonly kind: 'close'; readonly peer: string }
  /** Time has passed. */
  | { readonly kind: 'tick' };

/** Why a session or an attempt is over. */
export type EndReason = 'closed' | 'exhausted' | 'replaced' | 'restarted' | 'timeout' | 'unreachable';

/** Why a message was not taken. */
export type RefuseReason = 'closing' | 'full' | 'no-session' | 'size' | 'stream';

export type UtcpAction =
  | { readonly kind: 'transmit'; readonly to: Uint8Array; readonly packet: Uint8Array }
  /** @see {@link UtcpAction}: `session` names it on both sides, in 16 hex digits. */
  | { readonly kind: 'connected'; readonly peer: string; readonly session: string }
  | {
      readonly kind: 'deliver';
      readonly peer: string;
      readonly stream: number;
      readonly sequence: number;
      readonly message: Uint8Array;
    }
  /** These messages will never come. */
  | {
      readonly kind: 'gap';
      readonly peer: string;
      readonly stream: number;
      readonly first: number;
      readonly next: number;
    }
  /** These messages of ours were too old to be sent again. */
  | {
      readonly kind: 'expired';
      readonly peer: string;
      readonly stream: number;
      readonly first: number;
      readonly next: number;
    }
  /** The peer has every message below `position`: there is room for more. */
  | {
      readonly kind: 'acknowledged';
      readonly peer: string;
      readonly stream: number;
      readonly position: number;
    }
  | { readonly kind: 'refused'; readonly peer: string; readonly reason: RefuseReason }
  /** `unacknowledged`: how many messages of ours the peer may or may not have. */
  | {
      readonly kind: 'ended';
      readonly peer: string;
      readonly reason: EndReason;
      readonly unacknowledged: number;
    };

/** Why a packet was dropped; docs/utcp.md has the order in which a receiver asks. */
export type UtcpDropReason =
  | PacketFault
  | 'budget'
  | 'cookie'
  | 'credit'
  | 'destination'
  | 'form'
  | 'glare'
  | 'replay'
  | 'session'
  | 'signature'
  | 'stranger'
  | 'type';
