/** What happens in a run, drawn from its seed: which faults, how often, and what the applications do. */
import { defaultLimits, type UtcpLimits } from '../../../../providers/utcp';
import type { Dice } from './dice';

export interface Scenario {
  readonly nodes: number;
  readonly limits: UtcpLimits;
  readonly loss: number;
  readonly duplicate: number;
  readonly corrupt: number;
  readonly delayMicros: number;
  readonly jitterMicros: number;
  /** Packets that wait a second and come again. */
  readonly replay: number;
  /** Each time the applications are asked, a node is cut off, restarted, or meets a hostile packet with these chances. */
  readonly partition: number;
  readonly restart: number;
  readonly hostileOutsider: number;
  readonly hostileMember: number;
  readonly close: number;
  /** Chance that a reader reads what it was given. */
  readonly read: number;
  readonly faultyMicros: number;
}

export function drawScenario(dice: Dice): Scenario {
  const often = (probability: number, most: number) =>
    dice.happens(probability) ? dice.fraction() * most : 0;
  const delayMicros = dice.pick([50, 2_000, 20_000]);
  return {
    nodes: dice.pick([2, 2, 2, 3]),
    limits: {
      ...defaultLimits,
      streams: 2,
      windowMessages: dice.pick([16, 32]),
      handshakeRetryMicros: 100_000,
      handshakeRetryMicrosMax: 400_000,
      connectTimeoutMicros: 3_000_000,
      deadMicros: 1_500_000,
      keepAliveMicros: 300_000,
      backOffMicrosMax: 200_000,
      cookieSlotMicros: 500_000,
      lifetimeMicros: dice.happens(0.25) ? 100_000 : 0,
      paceBytesPerSecond: dice.pick([100_000, 12_500_000]),
      rekeyPackets: dice.pick([8, 50, 1 << 20]),
    },
    loss: often(0.7, 0.3),
    duplicate: often(0.5, 0.2),
    corrupt: often(0.4, 0.1),
    delayMicros,
    jitterMicros: dice.pick([0, delayMicros, 4 * delayMicros]),
    replay: often(0.3, 0.1),
    partition: often(0.3, 0.03),
    restart: often(0.25, 0.01),
    hostileOutsider: often(0.5, 0.3),
    hostileMember: often(0.4, 0.3),
    close: often(0.2, 0.02),
    read: dice.pick([1, 0.3, 0.05]),
    faultyMicros: dice.pick([100_000, 100_000, 100_000, 500_000]),
  };
}
