/**
 * A mesh on a virtual clock and a virtual network, all of it drawn from one seed. First there are faults; then they
 * end, and everything that is held must come through. A broken rule throws with the seed in its message.
 */
import { cellId, publicKeyBytes, sha256, signingKeyOfSeed } from '../../../../model';
import {
  packetTypes,
  readHeader,
  readType,
  type UtcpAction,
  type UtcpEvent,
} from '../../../../providers/utcp';
import { Dice } from './dice';
import { Hostile } from './hostile';
import { BrokenInvariant, Ledger, mark } from './ledger';
import { type MakePeer, makeReferencePeer, type SimulatedPeer } from './peer';
import { drawScenario, type Scenario } from './scenario';

interface Node {
  readonly index: number;
  readonly link: Uint8Array;
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly id: string;
  epoch: bigint;
  peer: SimulatedPeer;
  /** Session with each peer, by CellID. */
  readonly sessions: Map<string, string>;
  /** Delivered and not read, by peer and stream. */
  readonly unread: Map<string, number>;
  cutUntil: number;
}

interface Delivery {
  readonly at: number;
  readonly to: number;
  readonly from: Uint8Array;
  readonly packet: Uint8Array;
  /** Bits were flipped, or an outsider made it: it must change nothing. */
  readonly isBad: boolean;
  /** Of a packet that comes more than once: whether it has had its effect. */
  readonly twin: { hasEffect: boolean } | undefined;
}

export interface RunResult {
  readonly delivered: number;
  readonly gaps: number;
  readonly packets: number;
  readonly restarts: number;
  readonly endedMicros: number;
  /** SHA-256 over every packet in its order, so that two implementations can be compared. */
  readonly trace: string;
}

const applicationMicros = 5_000;
const settleMicros = 30_000_000;
/** After the faults, a session that both sides still have comes alive within this. */
const reviveMicros = 500_000;

export class World {
  readonly #dice: Dice;
  readonly #scenario: Scenario;
  readonly #ledger = new Ledger();
  readonly #nodes: Node[];
  readonly #make: readonly MakePeer[];
  readonly #hostile: Hostile;
  readonly #meshKey: Uint8Array;
  #flying: Delivery[] = [];
  #now = 1_000;
  #isFaulty = true;
  #calmSince = Number.POSITIVE_INFINITY;
  #messages = 0;
  #packets = 0;
  #restarts = 0;
  #trace: Uint8Array = new Uint8Array(32);

  /** @param make the implementation of each node in turn */
  constructor(seed: number, make: readonly MakePeer[] = [makeReferencePeer]) {
    this.#dice = new Dice(seed);
    this.#scenario = drawScenario(this.#dice);
    this.#make = make;
    this.#meshKey = sha256(Buffer.from('simulated mesh')).slice(0, 16);
    const names = Array.from({ length: this.#scenario.nodes }, (_, index) => index);
    const seeds = names.map((index) => sha256(Buffer.from(`simulated node ${index}`)));
    const keys = seeds.map((each) => publicKeyBytes(signingKeyOfSeed(each)));
    this.#nodes = seeds.map((nodeSeed, index) => this.#newNode(index, nodeSeed, keys));
    this.#hostile = new Hostile(this.#dice, this.#meshKey);
  }

  #newNode(index: number, seed: Uint8Array, keys: readonly Uint8Array[]): Node {
    const publicKey = keys[index] ?? new Uint8Array();
    const others = keys.filter((_, other) => other !== index);
    return {
      index,
      link: Uint8Array.of(2, 0, 0, 0, 0, index),
      seed,
      publicKey,
      id: cellId(this.#meshKey, publicKey),
      epoch: 1n,
      peer: this.#boot(index, seed, 1n, others),
      sessions: new Map(),
      unread: new Map(),
      cutUntil: 0,
    };
  }

  #boot(index: number, seed: Uint8Array, epoch: bigint, peers: readonly Uint8Array[]): SimulatedPeer {
    const make = this.#make[index % this.#make.length] ?? makeReferencePeer;
    const randomSeed = this.#dice.bytes(32);
    return make({ meshKey: this.#meshKey, seed, epoch, peers, limits: this.#scenario.limits, randomSeed });
  }

  run(): RunResult {
    for (let nextApplication = this.#now; this.#now < this.#scenario.faultyMicros; ) {
      this.#advance(nextApplication);
      for (const node of this.#nodes) this.#live(node);
      nextApplication += applicationMicros;
    }
    this.#isFaulty = false;
    this.#calmSince = this.#now;
    for (const node of this.#nodes) node.cutUntil = 0;
    const deadline = this.#now + settleMicros;
    while (!this.#isSettled()) {
      if (this.#now > deadline)
        throw new BrokenInvariant(`not settled after ${settleMicros} us without faults`);
      for (const node of this.#nodes) this.#calm(node);
      this.#advance(this.#now + applicationMicros);
    }
    const { delivered, gaps } = this.#ledger;
    const trace = Buffer.from(this.#trace).toString('hex');
    return {
      delivered,
      gaps,
      packets: this.#packets,
      restarts: this.#restarts,
      endedMicros: this.#now,
      trace,
    };
  }

  /** Lets everything happen that is due until then. */
  #advance(until: number): void {
    for (;;) {
      const flying = this.#flying.reduce((first, { at }) => Math.min(first, at), until);
      const at = Math.max(
        this.#now,
        this.#nodes.reduce((first, { peer }) => Math.min(first, peer.wakeAt), flying),
      );
      if (at >= until) break;
      this.#now = at;
      const due = this.#flying.filter((delivery) => delivery.at <= at);
      this.#flying = this.#flying.filter((delivery) => delivery.at > at);
      for (const delivery of due) this.#arrive(delivery);
      for (const node of this.#nodes) {
        if (node.peer.wakeAt <= at) this.#step(node, { kind: 'tick' });
        if (node.peer.wakeAt <= at) throw new BrokenInvariant('a node is awake and does nothing');
      }
    }
    this.#now = until;
  }

  #arrive({ to, from, packet, isBad, twin }: Delivery): void {
    const node = this.#nodes[to];
    if (node === undefined || this.#now < node.cutUntil) return;
    if (isBad || twin?.hasEffect) this.#arriveBad(node, from, packet);
    else if (twin !== undefined) twin.hasEffect = this.#arriveFirst(node, from, packet);
    else this.#step(node, { kind: 'packet', from, packet });
  }

  /** @returns whether it had an effect: a sealed packet must have none when it comes again */
  #arriveFirst(node: Node, from: Uint8Array, packet: Uint8Array): boolean {
    this.#step(node, { kind: 'tick' });
    const before = node.peer.fingerprint;
    this.#step(node, { kind: 'packet', from, packet });
    return readType(packet) >= packetTypes.data && node.peer.fingerprint !== before;
  }

  /** Does first what is due, so that whatever comes then comes of the packet. */
  #arriveBad(node: Node, from: Uint8Array, packet: Uint8Array): void {
    this.#step(node, { kind: 'tick' });
    const before = node.peer.fingerprint;
    const actions = node.peer.step({ kind: 'packet', from, packet }, this.#now);
    if (actions.length > 0)
      throw new BrokenInvariant(`a packet that is not authentic caused ${actions[0]?.kind}`);
    if (node.peer.fingerprint !== before)
      throw new BrokenInvariant('a packet that is not authentic changed state');
  }

  /** A member may be answered, and changes nothing of what others have. */
  #arriveFromMember(node: Node, from: Uint8Array, packet: Uint8Array): void {
    this.#step(node, { kind: 'tick' });
    const before = node.peer.fingerprint;
    const actions = node.peer.step({ kind: 'packet', from, packet }, this.#now);
    const isMore = actions.some((action) => action.kind !== 'transmit' || action.packet.length > 200);
    for (const action of actions) if (action.kind === 'transmit') this.#hostile.learn(action.packet);
    if (isMore || actions.length > 1)
      throw new BrokenInvariant('a hostile member caused more than an answer');
    if (node.peer.fingerprint !== before) throw new BrokenInvariant('a hostile member changed state');
  }

  #step(node: Node, event: UtcpEvent): void {
    const actions = node.peer.step(event, this.#now);
    for (const action of actions) {
      if (event.kind !== 'packet') this.#checkClose(node, action);
      this.#perform(node, action);
    }
    if (node.peer.misbehaved > 0) throw new BrokenInvariant('an honest peer sent what must not be sent');
    if (node.peer.heldMax > this.#scenario.limits.windowMessages)
      throw new BrokenInvariant('a window overflows');
  }

  /** Who closes of its own will has its messages through. */
  #checkClose(node: Node, action: UtcpAction): void {
    if (action.kind !== 'transmit' || readType(action.packet) !== packetTypes.close) return;
    const session = node.sessions.get(readHeader(action.packet).destination) ?? '';
    if (!this.#ledger.isSettled(session, node.id, this.#scenario.limits.streams))
      throw new BrokenInvariant('a session was closed with messages on their way');
  }

  #perform(node: Node, action: UtcpAction): void {
    if (action.kind === 'transmit') {
      const peer = this.#nodes.find(
        ({ id }) => id === Buffer.from(action.packet.subarray(24, 40)).toString('hex'),
      );
      this.#ledger.transmitted(node.sessions.get(peer?.id ?? ''), action.packet);
      this.#fly(node, action);
      return;
    }
    const session = node.sessions.get(action.peer) ?? 'none';
    if (action.kind === 'connected') node.sessions.set(action.peer, action.session);
    if (action.kind === 'ended') this.#end(node, action);
    if (action.kind === 'deliver') {
      this.#ledger.delivery(session, action);
      const name = `${action.peer} ${action.stream}`;
      const unread = (node.unread.get(name) ?? 0) + 1;
      if (unread > this.#scenario.limits.windowMessages) throw new BrokenInvariant('a reader is flooded');
      node.unread.set(name, unread);
    }
    if (action.kind === 'gap') this.#ledger.gap(session, action);
    if (action.kind === 'expired') this.#ledger.expired(session, node.id, action);
    if (action.kind === 'acknowledged') this.#ledger.acknowledged(session, node.id, action);
  }

  #end(node: Node, { peer, reason }: UtcpAction & { kind: 'ended' }): void {
    const session = node.sessions.get(peer);
    const other = this.#nodes.find(({ id }) => id === peer);
    const isShared = session !== undefined && other?.sessions.get(node.id) === session;
    if (reason === 'timeout' && isShared && this.#now > this.#calmSince + reviveMicros)
      throw new BrokenInvariant('a session that both sides have did not come alive again');
    this.#forget(node, peer);
  }

  #forget(node: Node, peer: string): void {
    node.sessions.delete(peer);
    for (let stream = 0; stream < this.#scenario.limits.streams; stream += 1)
      node.unread.delete(`${peer} ${stream}`);
  }

  #fly(node: Node, { to, packet }: UtcpAction & { kind: 'transmit' }): void {
    this.#packets += 1;
    this.#trace = sha256(Buffer.concat([this.#trace, packet]));
    this.#hostile.overhear(packet);
    if (this.#isFaulty && this.#now < node.cutUntil) return;
    for (const other of this.#nodes)
      if (other !== node && (to[0] === 0xff || to[5] === other.index)) this.#flyTo(other, node.link, packet);
  }

  #flyTo(to: Node, from: Uint8Array, packet: Uint8Array): void {
    const { delayMicros, jitterMicros, loss, duplicate, corrupt, replay } = this.#scenario;
    const chance = (probability: number) => this.#isFaulty && this.#dice.happens(probability);
    const [isDuplicate, isReplay] = [chance(duplicate), chance(replay)];
    const twin = isDuplicate || isReplay ? { hasEffect: false } : undefined;
    const later = (micros: number, bytes: Uint8Array, isBad: boolean) =>
      this.#flying.push({ at: this.#now + micros, to: to.index, from, packet: bytes, isBad, twin });
    const delay = () => delayMicros + this.#dice.below(jitterMicros + 1);
    if (chance(corrupt)) later(delay(), this.#hostile.flip(packet), true);
    else if (!chance(loss)) later(delay(), packet, false);
    if (isDuplicate) later(delay(), packet, false);
    if (isReplay) later(this.#dice.pick([100_000, 1_000_000]), packet, false);
  }

  /** What the application on a node does among faults, and what is done to it. */
  #live(node: Node): void {
    const { partition, restart, hostileOutsider, hostileMember, close, read } = this.#scenario;
    const chance = (probability: number) => this.#dice.happens(probability);
    if (chance(restart)) this.#restart(node);
    if (chance(partition)) node.cutUntil = this.#now + this.#dice.below(400_000);
    const stranger = Uint8Array.of(2, 0, 0, 0, 9, 9);
    if (chance(hostileOutsider)) {
      const packet = this.#hostile.packetOfOutsider(node.id);
      if (packet !== undefined) this.#arriveBad(node, stranger, packet);
    }
    if (chance(hostileMember)) {
      const other = this.#nodes.find((each) => each !== node)?.id ?? '';
      this.#arriveFromMember(node, stranger, this.#hostile.packetOfMember(node.id, other));
    }
    for (const other of this.#nodes) if (other !== node) this.#speak(node, other, chance(close));
    if (chance(read)) this.#read(node);
  }

  #speak(node: Node, other: Node, mayClose: boolean): void {
    const session = node.sessions.get(other.id);
    if (session === undefined) {
      if (this.#dice.happens(0.3)) this.#step(node, { kind: 'connect', peer: other.id });
      return;
    }
    if (mayClose) this.#step(node, { kind: 'close', peer: other.id });
    if (!this.#dice.happens(0.2)) return;
    for (let count = this.#dice.below(8); count > 0; count -= 1) {
      this.#messages += 1;
      const body = Buffer.from(` ${this.#messages} `);
      const message = Buffer.concat([mark, body, Buffer.alloc(this.#dice.below(200))]);
      this.#say(node, other.id, this.#dice.below(this.#scenario.limits.streams), message);
    }
  }

  #say(node: Node, peer: string, stream: number, message: Uint8Array): void {
    const session = node.sessions.get(peer);
    const actions = node.peer.step({ kind: 'send', peer, stream, message }, this.#now);
    const isRefused = actions.some(({ kind }) => kind === 'refused');
    if (!isRefused && session !== undefined) this.#ledger.sent(session, node.id, stream, message);
    for (const action of actions) this.#perform(node, action);
  }

  #read(node: Node): void {
    for (const [name, count] of [...node.unread]) {
      const [peer = '', stream] = name.split(' ');
      node.unread.delete(name);
      if (count > 0) this.#step(node, { kind: 'consumed', peer, stream: Number(stream), count });
    }
  }

  /** It forgets everything but its key, and counts its start. */
  #restart(node: Node): void {
    this.#restarts += 1;
    node.epoch += 1n;
    node.sessions.clear();
    node.unread.clear();
    const others = this.#nodes.filter((each) => each !== node).map(({ publicKey }) => publicKey);
    node.peer = this.#boot(node.index, node.seed, node.epoch, others);
  }

  #calm(node: Node): void {
    this.#read(node);
    for (const other of this.#nodes)
      if (other.index > node.index && !node.sessions.has(other.id))
        this.#step(node, { kind: 'connect', peer: other.id });
  }

  /** Each two nodes share a session, and in it nothing is on its way. */
  #isSettled(): boolean {
    return this.#nodes.every((node) =>
      this.#nodes.every((other) => {
        if (other === node) return true;
        const session = node.sessions.get(other.id);
        if (session === undefined || other.sessions.get(node.id) !== session) return false;
        return this.#ledger.isSettled(session, node.id, this.#scenario.limits.streams);
      }),
    );
  }
}

/** One run. @throws BrokenInvariant that names the seed */
export function simulate(seed: number, make?: readonly MakePeer[]): RunResult {
  try {
    return new World(seed, make).run();
  } catch (error) {
    throw new BrokenInvariant(`seed ${seed}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
