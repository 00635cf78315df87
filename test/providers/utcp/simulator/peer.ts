/** An implementation of UTCP in the simulator: this project has two. */
import { signingKeyOfSeed } from '../../../../model';
import { Endpoint, type UtcpAction, type UtcpEvent, type UtcpLimits } from '../../../../providers/utcp';
import { hashedRandom } from './dice';

export interface PeerOptions {
  readonly meshKey: Uint8Array;
  /** Of the Ed25519 key, 32 bytes. */
  readonly seed: Uint8Array;
  readonly epoch: bigint;
  readonly peers: readonly Uint8Array[];
  readonly limits: UtcpLimits;
  /** Of what the endpoint gets as randomness, 32 bytes. */
  readonly randomSeed: Uint8Array;
}

export interface SimulatedPeer {
  step(event: UtcpEvent, nowMicros: number): readonly UtcpAction[];
  readonly wakeAt: number;
  /** Changes when anything changes that the endpoint keeps, but for its counters of drops. */
  readonly fingerprint: string;
  /** The most messages that any stream holds or keeps. */
  readonly heldMax: number;
  /** Authentic packets that were dropped as malformed or beyond the credit: honest peers send none. */
  readonly misbehaved: number;
}

export type MakePeer = (options: PeerOptions) => SimulatedPeer;

export const makeReferencePeer: MakePeer = (options) => {
  const key = signingKeyOfSeed(options.seed);
  const endpoint = new Endpoint({ ...options, key, random: hashedRandom(options.randomSeed) });
  return {
    step: (event, nowMicros) => endpoint.step(event, nowMicros),
    get wakeAt() {
      return endpoint.wakeAt;
    },
    get fingerprint() {
      const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
      return JSON.stringify([endpoint.view, endpoint.wakeAt], text);
    },
    get misbehaved() {
      return (endpoint.drops.get('credit') ?? 0) + (endpoint.drops.get('form') ?? 0);
    },
    get heldMax() {
      const sessions = endpoint.view.peers.flatMap(({ session }) => session ?? []);
      const held = sessions.flatMap(({ sends }) => sends.map((stream) => stream.held));
      const kept = sessions.flatMap(({ receives }) => receives.map((stream) => stream.kept));
      return Math.max(0, ...held, ...kept);
    },
  };
};
