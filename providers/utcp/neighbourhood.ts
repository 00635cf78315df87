/**
 * The receiver of hellos: which peers of a mesh are heard. It is the reference for the kernel's receiver, pure, on
 * the clock it is given. An unauthenticated frame allocates nothing and changes nothing but a counter.
 */
import { cellId } from '../../model';
import { parseEthernet } from './ethernet';
import { type PacketFault, packetTypes, parsePacket, type UtcpPacket } from './header';
import { parseHello, verifyHello } from './hello';

/** Why a frame was dropped, in the order in which a receiver asks. */
export type DropReason = 'ethertype' | PacketFault | 'type' | 'stranger' | 'replay' | 'hello' | 'signature';

export interface Peer {
  readonly name: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

interface PeerState {
  readonly peer: Peer;
  /** The highest epoch whose hello was signed rightly; undefined before the first. */
  epoch: bigint | undefined;
  sequence: bigint;
  heardAtMs: number | undefined;
}

export interface NeighbourhoodOptions {
  readonly meshKey: Uint8Array;
  readonly peers: readonly Peer[];
  readonly helloIntervalMs: number;
}

export class Neighbourhood {
  readonly #options: NeighbourhoodOptions;
  readonly #states: ReadonlyMap<string, PeerState>;
  readonly #drops = new Map<DropReason, number>();

  constructor(options: NeighbourhoodOptions) {
    this.#options = options;
    this.#states = new Map(
      options.peers.map((peer) => [
        cellId(options.meshKey, peer.publicKey),
        { peer, epoch: undefined, sequence: 0n, heardAtMs: undefined },
      ]),
    );
  }

  /** Takes one Ethernet frame. @returns the name of the peer whose hello it was, or why it was dropped */
  receive(frame: Uint8Array, nowMs: number): { readonly heard: string } | { readonly dropped: DropReason } {
    const outcome = this.#admit(frame);
    if (typeof outcome === 'string') {
      this.#drops.set(outcome, (this.#drops.get(outcome) ?? 0) + 1);
      return { dropped: outcome };
    }
    outcome.heardAtMs = nowMs;
    return { heard: outcome.peer.name };
  }

  /** Whether a valid hello of that peer came within three hello intervals. */
  isHeard(name: string, nowMs: number): boolean {
    const limitMs = 3 * this.#options.helloIntervalMs;
    const state = [...this.#states.values()].find(({ peer }) => peer.name === name);
    return state?.heardAtMs !== undefined && nowMs - state.heardAtMs <= limitMs;
  }

  /** How many frames were dropped, by reason. */
  get drops(): ReadonlyMap<DropReason, number> {
    return this.#drops;
  }

  #admit(frame: Uint8Array): PeerState | DropReason {
    const ethernet = parseEthernet(frame);
    if (ethernet === undefined) return 'ethertype';
    const packet = parsePacket(ethernet.packet, this.#options.meshKey);
    if (typeof packet === 'string') return packet;
    if (packet.type !== packetTypes.hello) return 'type';
    const state = this.#states.get(packet.source);
    return state === undefined ? 'stranger' : acceptHello(state, packet);
  }
}

/** Epoch and sequence only go forward; a new epoch must be signed. State changes last, when nothing can fail. */
function acceptHello(state: PeerState, packet: UtcpPacket): PeerState | DropReason {
  const { epoch, sequence, payload, source } = packet;
  if (state.epoch !== undefined && epoch < state.epoch) return 'replay';
  if (epoch === state.epoch && sequence <= state.sequence) return 'replay';
  const hello = parseHello(payload);
  if (hello === undefined) return 'hello';
  if (epoch !== state.epoch && !verifyHello(hello, source, epoch, state.peer.publicKey)) return 'signature';
  state.epoch = epoch;
  state.sequence = sequence;
  return state;
}
