/**
 * A node of a mesh: handshakes and sessions with its peers, as a pure state machine. `step` takes an event and the
 * time and returns what to do; clock, network and randomness are the caller's. Memory is bounded: one attempt and one
 * session for each configured peer, and nothing at all for a packet that is not authentic.
 */
import type { KeyObject } from 'node:crypto';
import { cellId, publicKeyBytes, signEd25519, verifyEd25519 } from '../../../model';
import { x25519Public, x25519Shared } from '../crypto';
import {
  formatPacket,
  packetTypes,
  parsePacket,
  readGeneration,
  readHeader,
  readType,
  type UtcpHeader,
  type UtcpPacket,
  whyNotForm,
} from '../header';
import {
  formatAccept,
  formatCookie,
  formatInitiate,
  formatOpen,
  messageSizeBytesMax,
  parseAccept,
  parseCookie,
  parseInitiate,
  parseOpen,
} from '../wire';
import { CookieJar } from './cookie-jar';
import type { UtcpAction, UtcpDropReason, UtcpEvent } from './events';
import { acceptMessage, openMessage } from './handshake';
import { deriveSecrets } from './keys';
import type { UtcpLimits } from './limits';
import { Pacer } from './pacer';
import { type Attempt, newPeer, type PeerState, type PeerView, viewPeer } from './peer-state';
import { Session } from './session';

export interface EndpointOptions {
  readonly meshKey: Uint8Array;
  /** Ed25519, this node's. */
  readonly key: KeyObject;
  /** Above that of every earlier start of this node. */
  readonly epoch: bigint;
  /** Ed25519 public keys of those that this node speaks with. */
  readonly peers: readonly Uint8Array[];
  readonly limits: UtcpLimits;
  readonly random: (sizeBytes: number) => Uint8Array;
}

export interface EndpointView {
  readonly peers: readonly PeerView[];
}

const opensOfTry = 4;
const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export class Endpoint {
  /** CellID, 32 hex digits. */
  readonly id: string;
  readonly #options: EndpointOptions;
  readonly #limits: UtcpLimits;
  readonly #publicKey: Uint8Array;
  readonly #peers: ReadonlyMap<string, PeerState>;
  readonly #cookies: CookieJar;
  readonly #verifications: Pacer;
  readonly #drops = new Map<UtcpDropReason, number>();
  /** Counts our opens and accepts. */
  #sequence = 0n;
  #actions: UtcpAction[] = [];

  constructor(options: EndpointOptions) {
    const { limits, meshKey, key, random } = options;
    this.#options = options;
    this.#limits = limits;
    this.#publicKey = publicKeyBytes(key);
    this.id = cellId(meshKey, this.#publicKey);
    this.#cookies = new CookieJar(random(16), limits.cookieSlotMicros);
    this.#verifications = new Pacer(1, limits.verificationsAtOnce - 1, limits.verificationMicros);
    const peers = options.peers.map((publicKey) => newPeer(cellId(meshKey, publicKey), publicKey));
    this.#peers = new Map(peers.map((peer) => [peer.id, peer]));
  }

  /** How many packets were dropped, by reason. */
  get drops(): ReadonlyMap<UtcpDropReason, number> {
    return this.#drops;
  }

  /** When a `tick` has something to do at the latest; Infinity for never. */
  get wakeAt(): number {
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const { attempt, session } of this.#peers.values()) {
      if (attempt !== undefined) wakeAt = Math.min(wakeAt, attempt.retryAt, attempt.endsAt);
      if (session !== undefined) wakeAt = Math.min(wakeAt, session.wakeAt);
    }
    return wakeAt;
  }

  get view(): EndpointView {
    return { peers: [...this.#peers.values()].map(viewPeer) };
  }

  step(event: UtcpEvent, nowMicros: number): readonly UtcpAction[] {
    this.#actions = [];
    if (event.kind === 'packet') this.#receive(event.packet, event.from, nowMicros);
    else if (event.kind !== 'tick') this.#command(event, nowMicros);
    for (const peer of this.#peers.values()) this.#work(peer, nowMicros);
    return this.#actions;
  }

  readonly #perform = (action: UtcpAction): void => {
    this.#actions.push(action);
  };

  #command(event: Exclude<UtcpEvent, { kind: 'packet' | 'tick' }>, nowMicros: number): void {
    const peer = this.#peers.get(event.peer);
    if (event.kind === 'connect') this.#connect(peer, nowMicros);
    if (event.kind === 'send') this.#sendMessage(event, peer, nowMicros);
    if (event.kind === 'consumed') peer?.session?.consumed(event.stream, event.count, nowMicros);
    if (event.kind === 'close') this.#close(peer);
  }

  #sendMessage(event: UtcpEvent & { kind: 'send' }, peer: PeerState | undefined, nowMicros: number): void {
    const { stream, message } = event;
    const isTooLong = message.length > messageSizeBytesMax;
    const reason = isTooLong
      ? 'size'
      : peer?.session === undefined
        ? 'no-session'
        : peer.session.send(stream, message, nowMicros);
    if (reason !== undefined) this.#perform({ kind: 'refused', peer: event.peer, reason });
  }

  #close(peer: PeerState | undefined): void {
    if (peer?.attempt !== undefined) {
      peer.attempt = undefined;
      this.#perform({ kind: 'ended', peer: peer.id, reason: 'closed', unacknowledged: 0 });
    }
    peer?.session?.close();
  }

  #connect(peer: PeerState | undefined, nowMicros: number): void {
    if (peer === undefined || peer.session !== undefined || peer.attempt !== undefined) return;
    const privateKey = this.#options.random(32);
    peer.attempt = {
      privateKey,
      ephemeral: x25519Public(privateKey),
      endsAt: nowMicros + this.#limits.connectTimeoutMicros,
      retryAt: nowMicros,
      retryDelay: this.#limits.handshakeRetryMicros,
      opens: 0,
    };
  }

  #work(peer: PeerState, nowMicros: number): void {
    if (peer.attempt !== undefined) this.#workOnAttempt(peer, peer.attempt, nowMicros);
    peer.session?.work(nowMicros);
    if (peer.session?.isOver) peer.session = undefined;
  }

  #workOnAttempt(peer: PeerState, attempt: Attempt, nowMicros: number): void {
    if (nowMicros >= attempt.endsAt) {
      peer.attempt = undefined;
      this.#perform({ kind: 'ended', peer: peer.id, reason: 'unreachable', unacknowledged: 0 });
    } else if (nowMicros >= attempt.retryAt) {
      attempt.opens = opensOfTry;
      attempt.retryAt = nowMicros + attempt.retryDelay;
      attempt.retryDelay = Math.min(2 * attempt.retryDelay, this.#limits.handshakeRetryMicrosMax);
      const payload = formatInitiate({ ephemeral: attempt.ephemeral });
      this.#transmit(peer.link, { ...this.#header(packetTypes.initiate, peer.id, 0n), payload });
    }
  }

  // What comes in.

  #receive(packet: Uint8Array, from: Uint8Array, nowMicros: number): void {
    const reason = this.#admit(packet, from, nowMicros);
    if (reason !== undefined) this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }

  #admit(packet: Uint8Array, from: Uint8Array, nowMicros: number): UtcpDropReason | undefined {
    const fault = whyNotForm(packet);
    if (fault !== undefined) return fault;
    const type = readType(packet);
    if (type < packetTypes.initiate || type > packetTypes.close) return 'type';
    const header = readHeader(packet);
    if (header.destination !== this.id) return 'destination';
    const peer = this.#peers.get(header.source);
    if (peer === undefined) return 'stranger';
    if (type < packetTypes.data) return this.#admitHandshake(packet, peer, from, nowMicros);
    if (peer.session === undefined) return 'session';
    const reason = peer.session.receive(header, readGeneration(packet), packet, from, nowMicros);
    if (peer.session.isOver) peer.session = undefined;
    return reason;
  }

  #admitHandshake(
    bytes: Uint8Array,
    peer: PeerState,
    from: Uint8Array,
    nowMicros: number,
  ): UtcpDropReason | undefined {
    const packet = parsePacket(bytes, this.#options.meshKey);
    if (typeof packet === 'string') return packet;
    switch (packet.type) {
      case packetTypes.initiate:
        return this.#takeInitiate(packet, from, nowMicros);
      case packetTypes.cookie:
        return this.#takeCookie(packet, peer, from);
      case packetTypes.open:
        return this.#takeOpen(packet, peer, from, nowMicros);
      default:
        return this.#takeAccept(packet, peer, from, nowMicros);
    }
  }

  /** Answers, and keeps nothing. */
  #takeInitiate(packet: UtcpPacket, from: Uint8Array, nowMicros: number): UtcpDropReason | undefined {
    const initiate = parseInitiate(packet.payload);
    if (initiate === undefined) return 'form';
    const { ephemeral } = initiate;
    const cookie = this.#cookies.bake(packet, from, ephemeral, nowMicros);
    const payload = formatCookie({ ephemeral, cookie });
    this.#transmit(from, { ...this.#header(packetTypes.cookie, packet.source, 0n), payload });
    return undefined;
  }

  #takeCookie(packet: UtcpPacket, peer: PeerState, from: Uint8Array): UtcpDropReason | undefined {
    const answer = parseCookie(packet.payload);
    if (answer === undefined) return 'form';
    const { attempt } = peer;
    if (attempt === undefined || !isEqual(answer.ephemeral, attempt.ephemeral)) return 'cookie';
    if (attempt.opens === 0) return 'budget';
    attempt.opens -= 1;
    const { ephemeral, cookie } = answer;
    const header = this.#header(packetTypes.open, peer.id, this.#nextSequence());
    const sides = { initiatorKey: this.#publicKey, responderKey: peer.publicKey };
    const signature = signEd25519(this.#options.key, openMessage(header, ephemeral, cookie, sides));
    this.#transmit(from, { ...header, payload: formatOpen({ ephemeral, cookie, signature }) });
    return undefined;
  }

  #takeOpen(
    packet: UtcpPacket,
    peer: PeerState,
    from: Uint8Array,
    nowMicros: number,
  ): UtcpDropReason | undefined {
    const open = parseOpen(packet.payload);
    if (open === undefined) return 'form';
    const { ephemeral, cookie, signature } = open;
    if (!this.#cookies.holds(cookie, packet, from, ephemeral, nowMicros)) return 'cookie';
    if (packet.epoch < peer.epoch) return 'replay';
    if (peer.session && peer.answered && isEqual(peer.answered.ephemeral, ephemeral)) {
      this.#perform({ kind: 'transmit', to: from, packet: peer.answered.packet });
      return undefined;
    }
    if (packet.epoch === peer.epoch && packet.sequence <= peer.openSequence) return 'replay';
    if (peer.attempt !== undefined && this.id < peer.id) return 'glare';
    if (!this.#mayVerify(nowMicros)) return 'budget';
    const sides = { initiatorKey: peer.publicKey, responderKey: this.#publicKey };
    if (!verifyEd25519(peer.publicKey, openMessage(packet, ephemeral, cookie, sides), signature))
      return 'signature';
    return this.#accept(packet, ephemeral, peer, from, nowMicros);
  }

  #accept(
    open: UtcpHeader,
    initiator: Uint8Array,
    peer: PeerState,
    from: Uint8Array,
    nowMicros: number,
  ): UtcpDropReason | undefined {
    const privateKey = this.#options.random(32);
    const shared = x25519Shared(privateKey, initiator);
    if (shared === undefined) return 'form';
    const responder = x25519Public(privateKey);
    const header = this.#header(packetTypes.accept, peer.id, this.#nextSequence());
    const sides = { initiatorKey: peer.publicKey, responderKey: this.#publicKey };
    const message = acceptMessage(header, open.epoch, { initiator, responder }, sides);
    const signature = signEd25519(this.#options.key, message);
    const payload = formatAccept({ ephemeral: responder, signature });
    const packet = formatPacket({ ...header, payload }, this.#options.meshKey);
    const isRestart = open.epoch > peer.epoch;
    peer.openSequence = open.sequence;
    peer.answered = { ephemeral: initiator, packet };
    this.#perform({ kind: 'transmit', to: from, packet });
    const { initiator: receiveSecret, responder: sendSecret, session } = deriveSecrets(shared, message);
    const keys = { sendSecret, receiveSecret, name: session };
    this.#begin(peer, open.epoch, keys, from, isRestart, nowMicros);
    return undefined;
  }

  #takeAccept(
    packet: UtcpPacket,
    peer: PeerState,
    from: Uint8Array,
    nowMicros: number,
  ): UtcpDropReason | undefined {
    const accept = parseAccept(packet.payload);
    if (accept === undefined) return 'form';
    const { attempt } = peer;
    if (attempt === undefined) return 'session';
    if (packet.epoch < peer.epoch) return 'replay';
    if (!this.#mayVerify(nowMicros)) return 'budget';
    const ephemerals = { initiator: attempt.ephemeral, responder: accept.ephemeral };
    const sides = { initiatorKey: this.#publicKey, responderKey: peer.publicKey };
    const message = acceptMessage(packet, this.#options.epoch, ephemerals, sides);
    if (!verifyEd25519(peer.publicKey, message, accept.signature)) return 'signature';
    const shared = x25519Shared(attempt.privateKey, accept.ephemeral);
    if (shared === undefined) return 'form';
    const isRestart = packet.epoch > peer.epoch;
    if (isRestart) peer.openSequence = 0n;
    peer.answered = undefined;
    const { initiator: sendSecret, responder: receiveSecret, session } = deriveSecrets(shared, message);
    this.#begin(peer, packet.epoch, { sendSecret, receiveSecret, name: session }, from, isRestart, nowMicros);
    return undefined;
  }

  #begin(
    peer: PeerState,
    peerEpoch: bigint,
    keys: { sendSecret: Uint8Array; receiveSecret: Uint8Array; name: string },
    link: Uint8Array,
    isRestart: boolean,
    nowMicros: number,
  ): void {
    peer.session?.end(isRestart ? 'restarted' : 'replaced');
    peer.attempt = undefined;
    peer.epoch = peerEpoch;
    peer.link = link;
    const { limits, random, epoch } = this.#options;
    const ids = { self: this.id, peer: peer.id, epoch, peerEpoch };
    peer.session = new Session({
      ...ids,
      ...keys,
      limits,
      random,
      link,
      perform: this.#perform,
      nowMicros,
    });
    this.#perform({ kind: 'connected', peer: peer.id, session: keys.name });
  }

  // Small things.

  /** Checking a signature is what a hostile member can make a node do: so many in a time, and no more. */
  #mayVerify(nowMicros: number): boolean {
    if (this.#verifications.readyAt > nowMicros) return false;
    this.#verifications.spend(1, nowMicros);
    return true;
  }

  #nextSequence(): bigint {
    this.#sequence += 1n;
    return this.#sequence;
  }

  #header(type: number, destination: string, sequence: bigint): UtcpHeader {
    return { type, source: this.id, destination, epoch: this.#options.epoch, sequence };
  }

  #transmit(to: Uint8Array, packet: UtcpPacket): void {
    this.#perform({ kind: 'transmit', to, packet: formatPacket(packet, this.#options.meshKey) });
  }
}
