/**
 * The shared vectors of sessions: what one endpoint is told and what it does, from the first initiate over data, a
 * loss, its repair and a new key to the close. `UPDATE_VECTORS=1 npx jest test/providers/utcp` writes them anew.
 */
import { cellId, publicKeyBytes, sha256, signingKeyOfSeed } from '../../../model';
import { defaultLimits, type UtcpAction, type UtcpEvent } from '../../../providers/utcp';
import { type MakePeer, makeReferencePeer, type PeerOptions } from './simulator/peer';

export interface SessionVectors {
  readonly description: string;
  readonly meshKey: string;
  readonly limits: typeof defaultLimits;
  readonly nodes: readonly { readonly seed: string; readonly randomSeed: string; readonly cellId: string }[];
  readonly steps: readonly SessionStep[];
}

export interface SessionStep {
  readonly node: number;
  readonly atMicros: number;
  /** JSON of the event and of its actions, bytes in hex. */
  readonly event: Record<string, unknown>;
  readonly actions: readonly Record<string, unknown>[];
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const seedOf = (name: string): Uint8Array => sha256(Buffer.from(`utcp session vector ${name}`));
const meshKey = seedOf('mesh').slice(0, 16);
const seeds = [seedOf('node 0'), seedOf('node 1')] as const;
const keys = seeds.map((seed) => publicKeyBytes(signingKeyOfSeed(seed)));
const ids = keys.map((key) => cellId(meshKey, key));
const limits = { ...defaultLimits, streams: 2, windowMessages: 16, rekeyPackets: 8 };

export function optionsOf(node: number): PeerOptions {
  const seed = seeds[node] ?? new Uint8Array(32);
  const peers = keys.filter((_, other) => other !== node);
  return { meshKey, seed, epoch: BigInt(node + 5), peers, limits, randomSeed: seedOf(`random ${node}`) };
}

/** Bytes to hex, so that it can stand in JSON. */
const plain = (value: UtcpAction | UtcpEvent): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, field instanceof Uint8Array ? hex(field) : field]),
  );

/** Two endpoints of an implementation, a network that takes 1 ms and loses the third packet of type 6. */
export function record(make: MakePeer): SessionStep[] {
  const nodes = [make(optionsOf(0)), make(optionsOf(1))];
  const steps: SessionStep[] = [];
  const flying: { at: number; to: number; packet: Uint8Array }[] = [];
  let datas = 0;
  const step = (node: number, event: UtcpEvent, atMicros: number) => {
    const actions = nodes[node]?.step(event, atMicros) ?? [];
    steps.push({ node, atMicros, event: plain(event), actions: actions.map(plain) });
    for (const action of actions) {
      if (action.kind !== 'transmit') continue;
      if (action.packet[1] === 6) datas += 1;
      if (action.packet[1] !== 6 || datas !== 3)
        flying.push({ at: atMicros + 1_000, to: 1 - node, packet: action.packet });
    }
  };
  const [first = '', second = ''] = ids;
  const commands: readonly (readonly [number, number, UtcpEvent])[] = [
    [10_000, 0, { kind: 'connect', peer: second }],
    ...Array.from({ length: 12 }, (_, index): [number, number, UtcpEvent] => [
      50_000 + 500 * index,
      0,
      { kind: 'send', peer: second, stream: index % 2, message: Buffer.from(`message ${index}`) },
    ]),
    [60_000, 1, { kind: 'send', peer: first, stream: 1, message: new Uint8Array() }],
    [400_000, 1, { kind: 'consumed', peer: first, stream: 0, count: 6 }],
    [500_000, 0, { kind: 'close', peer: second }],
  ];
  const waiting = [...commands];
  for (let now = 0; now < 600_000; now += 500) {
    while (waiting[0] !== undefined && waiting[0][0] <= now) {
      const [, node, event] = waiting.shift() ?? [0, 0, { kind: 'tick' } as const];
      step(node, event, now);
    }
    for (const packet of flying.filter(({ at }) => at === now))
      step(
        packet.to,
        { kind: 'packet', from: Uint8Array.of(2, 0, 0, 0, 0, 1 - packet.to), packet: packet.packet },
        now,
      );
    nodes.forEach((node, index) => {
      if (node.wakeAt <= now) step(index, { kind: 'tick' }, now);
    });
  }
  return steps;
}

export const sessionVectors: SessionVectors = {
  description:
    'A session of UTCP (docs/utcp.md) step by step: node, time, event, and the actions that follow, bytes in hex. ' +
    'Node 0 has epoch 5, node 1 epoch 6. Randomness is SHA-256(randomSeed || counter (8, big-endian)), one hash a ' +
    'call, cut to the size asked for. Seeds are RFC 8032 seeds. Made by test/providers/utcp/_session-vectors.ts.',
  meshKey: hex(meshKey),
  limits,
  nodes: seeds.map((seed, node) => ({
    seed: hex(seed),
    randomSeed: hex(optionsOf(node).randomSeed),
    cellId: ids[node] ?? '',
  })),
  steps: record(makeReferencePeer),
};
