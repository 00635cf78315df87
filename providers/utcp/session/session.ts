/**
 * One session with one peer: sealing and opening packets, the streams, and what is due when. It learns the time with
 * each call and tells what to do by `perform`; it keeps no clock, and its memory is bounded by its limits.
 */
import { packetTypes, type UtcpHeader } from '../header';
import {
  closeReasons,
  formatClose,
  formatData,
  formatFeedback,
  formatHeartbeat,
  parseClose,
  parseData,
  parseFeedback,
  parseHeartbeat,
} from '../wire';
import { Channel, type ChannelOptions, type OpenedPacket } from './channel';
import type { EndReason, RefuseReason, UtcpAction, UtcpDropReason } from './events';
import type { UtcpLimits } from './limits';
import { Pacer } from './pacer';
import { ReceiveStream } from './receive-stream';
import { RoundTrip, timeStampOf } from './round-trip';
import { SendStream } from './send-stream';

const never = Number.POSITIVE_INFINITY;

export interface SessionOptions extends Omit<ChannelOptions, 'rekeyPackets'> {
  readonly limits: UtcpLimits;
  readonly random: (sizeBytes: number) => Uint8Array;
  /** The same on both sides, 16 hex digits. */
  readonly name: string;
  /** Where the peer was heard last. */
  readonly link: Uint8Array;
  readonly perform: (action: UtcpAction) => void;
  readonly nowMicros: number;
}

/** What a test and a status line may see. */
export interface SessionView {
  readonly name: string;
  readonly generation: number;
  readonly roundTripMicros: number;
  readonly sends: readonly { readonly first: number; readonly sent: number; readonly held: number }[];
  readonly receives: readonly { readonly position: number; readonly limit: number; readonly kept: number }[];
}

export class Session {
  readonly #options: SessionOptions;
  readonly #limits: UtcpLimits;
  readonly #channel: Channel;
  readonly #roundTrip: RoundTrip;
  readonly #pacer: Pacer;
  readonly #sends: readonly SendStream[];
  readonly #receives: readonly ReceiveStream[];
  #link: Uint8Array;
  #echo = 0;
  #echoAt = 0;
  #heardAt: number;
  #sentAt: number;
  /** The stream whose turn it is. */
  #turn = 0;
  #isClosing = false;
  #closeAt = 0;
  #closeDelay = 0;
  #closeTries = 0;
  #isOver = false;

  constructor(options: SessionOptions) {
    const { limits, nowMicros } = options;
    this.#options = options;
    this.#limits = limits;
    this.#channel = new Channel({ ...options, rekeyPackets: limits.rekeyPackets });
    this.#roundTrip = new RoundTrip(limits);
    this.#pacer = new Pacer(limits.paceBytesPerSecond, limits.burstBytes);
    const indexes = Array.from({ length: limits.streams }, (_, index) => index);
    this.#sends = indexes.map(() => new SendStream(limits.windowMessages));
    this.#receives = indexes.map(() => new ReceiveStream(limits.windowMessages));
    this.#link = options.link;
    this.#heardAt = nowMicros;
    this.#sentAt = nowMicros;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get view(): SessionView {
    return {
      name: this.#options.name,
      generation: this.#channel.generation,
      roundTripMicros: this.#roundTrip.micros,
      sends: this.#sends.map(({ first, sent, held }) => ({ first, sent, held })),
      receives: this.#receives.map(({ position, limit, kept }) => ({ position, limit, kept })),
    };
  }

  /** Takes a packet of types 6 to 9 whose form is checked. @returns why it is dropped */
  receive(
    header: UtcpHeader,
    generation: number,
    packet: Uint8Array,
    from: Uint8Array,
    nowMicros: number,
  ): UtcpDropReason | undefined {
    const opened = this.#channel.open(header, generation, packet);
    if (typeof opened === 'string') return opened;
    if (opened.isHighest) this.#link = from;
    this.#heardAt = nowMicros;
    return this.#take(header.type, opened, nowMicros);
  }

  /** @returns why the message is not taken */
  send(stream: number, message: Uint8Array, nowMicros: number): RefuseReason | undefined {
    const target = this.#sends[stream];
    if (target === undefined) return 'stream';
    if (this.#isClosing) return 'closing';
    if (target.isFull) return 'full';
    target.enqueue(message, nowMicros);
    if (target.heartbeatAt === never) this.#scheduleHeartbeat(target, nowMicros);
    return undefined;
  }

  consumed(stream: number, count: number, nowMicros: number): void {
    const target = this.#receives[stream];
    if (target === undefined) return;
    target.consume(count);
    this.#tellSoon(stream, target, nowMicros);
  }

  close(): void {
    this.#isClosing = true;
  }

  /** The session is over: forget it. */
  end(reason: EndReason): void {
    const { perform, peer } = this.#options;
    this.#isOver = true;
    const unacknowledged = this.#sends.reduce((sum, { held }) => sum + held, 0);
    perform({ kind: 'ended', peer, reason, unacknowledged });
  }

  /** Does what is due. */
  work(nowMicros: number): void {
    if (nowMicros >= this.#heardAt + this.#limits.deadMicros) {
      this.end('timeout');
      return;
    }
    this.#receives.forEach((stream, index) => {
      if (Math.min(stream.feedbackAt, stream.missingAt) <= nowMicros) this.#tell(index, stream, nowMicros);
    });
    this.#sends.forEach((stream, index) => {
      this.#expire(index, stream, nowMicros);
    });
    this.#pump(nowMicros);
    this.#sends.forEach((stream, index) => {
      if (stream.heartbeatAt <= nowMicros) this.#beat(index, stream, nowMicros);
    });
    if (nowMicros >= this.#sentAt + this.#limits.keepAliveMicros) this.#sendHeartbeat(0, nowMicros);
    if (this.#channel.isExhausted) {
      this.#send(packetTypes.close, formatClose({ reason: closeReasons.exhausted }), nowMicros);
      this.end('exhausted');
      return;
    }
    if (this.#isClosing) this.#workOnClose(nowMicros);
  }

  /** When `work` has something to do at the latest. */
  get wakeAt(): number {
    const isWaiting = this.#sends.some((stream) => stream.nextToSend() !== undefined);
    return Math.min(
      this.#heardAt + this.#limits.deadMicros,
      this.#sentAt + this.#limits.keepAliveMicros,
      isWaiting ? this.#pacer.readyAt : never,
      this.#isClosing && this.#isDrained ? this.#closeAt : never,
      ...this.#receives.map(({ feedbackAt, missingAt }) => Math.min(feedbackAt, missingAt)),
      ...this.#sends.map((stream) =>
        Math.min(stream.heartbeatAt, stream.expiresAt(this.#limits.lifetimeMicros)),
      ),
    );
  }

  // What comes in.

  #take(type: number, opened: OpenedPacket, nowMicros: number): UtcpDropReason | undefined {
    switch (type) {
      case packetTypes.data:
        return this.#takeData(opened, nowMicros);
      case packetTypes.feedback:
        return this.#takeFeedback(opened, nowMicros);
      case packetTypes.heartbeat:
        return this.#takeHeartbeat(opened, nowMicros);
      default:
        return this.#takeClose(opened, nowMicros);
    }
  }

  #takeData({ payload, isHighest }: OpenedPacket, nowMicros: number): UtcpDropReason | undefined {
    const data = parseData(payload);
    const stream = data === undefined ? undefined : this.#receives[data.stream];
    if (data === undefined || stream === undefined) return 'form';
    if (data.sequence >= stream.limit) return 'credit';
    if (isHighest) this.#noteEcho(data.timeStamp, nowMicros);
    const isHole = data.sequence > stream.position && !stream.isKnown(data.sequence - 1);
    const before = stream.position;
    stream.store(data.sequence, data.message);
    this.#deliver(data.stream, stream);
    this.#schedule(stream, isHole || stream.position > before, nowMicros);
    this.#tellSoon(data.stream, stream, nowMicros);
    return undefined;
  }

  #takeHeartbeat({ payload, isHighest }: OpenedPacket, nowMicros: number): UtcpDropReason | undefined {
    const heartbeat = parseHeartbeat(payload);
    const stream = heartbeat === undefined ? undefined : this.#receives[heartbeat.stream];
    if (heartbeat === undefined || stream === undefined) return 'form';
    if (isHighest) this.#noteEcho(heartbeat.timeStamp, nowMicros);
    this.#giveUpBelow(heartbeat.first, heartbeat.stream, stream);
    stream.extend(heartbeat.next);
    this.#tell(heartbeat.stream, stream, nowMicros);
    return undefined;
  }

  #takeFeedback({ payload }: OpenedPacket, nowMicros: number): UtcpDropReason | undefined {
    const feedback = parseFeedback(payload);
    const stream = feedback === undefined ? undefined : this.#sends[feedback.stream];
    if (feedback === undefined || stream === undefined) return 'form';
    if (feedback.position > stream.sent || !this.#channel.wasSent(feedback.highest)) return 'form';
    if (this.#channel.confirm(feedback.highest))
      this.#roundTrip.measure(feedback.echo, feedback.holdMicros, nowMicros);
    const isAcknowledged = stream.acknowledge(feedback.position);
    const isGranted = stream.grant(feedback.limit);
    for (const range of feedback.ranges) stream.want(range, nowMicros, this.#roundTrip.micros);
    if (isAcknowledged || isGranted) this.#scheduleHeartbeat(stream, nowMicros);
    const { peer, perform } = this.#options;
    if (isAcknowledged)
      perform({ kind: 'acknowledged', peer, stream: feedback.stream, position: feedback.position });
    return undefined;
  }

  #takeClose({ payload }: OpenedPacket, nowMicros: number): UtcpDropReason | undefined {
    const close = parseClose(payload);
    if (close === undefined) return 'form';
    this.#send(packetTypes.close, payload, nowMicros);
    this.end(close.reason === closeReasons.exhausted ? 'exhausted' : 'closed');
    return undefined;
  }

  /** Only for the packet with the highest number: an older one would tell of an older time. */
  #noteEcho(timeStamp: number, nowMicros: number): void {
    this.#echo = timeStamp;
    this.#echoAt = nowMicros;
  }

  #deliver(index: number, stream: ReceiveStream): void {
    const { peer, perform } = this.#options;
    for (let item = stream.shift(); item !== undefined; item = stream.shift())
      perform({ kind: 'deliver', peer, stream: index, ...item });
  }

  #giveUpBelow(first: number, index: number, stream: ReceiveStream): void {
    const { peer, perform } = this.#options;
    while (stream.position < first) {
      const from = stream.position;
      perform({ kind: 'gap', peer, stream: index, first: from, next: stream.skip(first) });
      this.#deliver(index, stream);
    }
  }

  // What is told to the sender.

  /** @param isNews something came, or is known to be missing, that was not before: ask soon */
  #schedule(stream: ReceiveStream, isNews: boolean, nowMicros: number): void {
    if (!stream.isMissing) stream.missingAt = never;
    else if (isNews) {
      stream.missingDelay = Math.floor((3 * this.#roundTrip.micros) / 2);
      stream.missingAt = Math.min(stream.missingAt, nowMicros + this.#jitter());
    }
  }

  /** Up to a quarter of the round trip, so that what is only out of order has time to come. */
  #jitter(): number {
    const [high = 0, low = 0] = this.#options.random(2);
    return Math.floor((Math.floor(this.#roundTrip.micros / 4) * (high * 256 + low)) / 65_536);
  }

  #tellSoon(index: number, stream: ReceiveStream, nowMicros: number): void {
    const news = Math.max(stream.position - stream.toldPosition, stream.limit - stream.toldLimit);
    if (news >= Math.floor(this.#limits.windowMessages / 4)) this.#tell(index, stream, nowMicros);
    else stream.feedbackAt = Math.min(stream.feedbackAt, nowMicros + this.#limits.feedbackMicros);
  }

  #tell(index: number, stream: ReceiveStream, nowMicros: number): void {
    const { position, limit } = stream;
    const holdMicros = Math.min(nowMicros - this.#echoAt, 2 ** 32 - 1);
    const { highest } = this.#channel;
    const ranges = stream.missing();
    const feedback = { stream: index, echo: this.#echo, holdMicros, highest, position, limit, ranges };
    this.#send(packetTypes.feedback, formatFeedback(feedback), nowMicros);
    stream.feedbackAt = never;
    stream.toldPosition = position;
    stream.toldLimit = limit;
    if (!stream.isMissing) stream.missingAt = never;
    else {
      const delay = Math.max(stream.missingDelay, Math.floor((3 * this.#roundTrip.micros) / 2));
      stream.missingAt = nowMicros + delay;
      stream.missingDelay = Math.min(2 * delay, this.#limits.backOffMicrosMax);
    }
  }

  // What is sent.

  #expire(index: number, stream: SendStream, nowMicros: number): void {
    const first = stream.first;
    const count = stream.expire(nowMicros, this.#limits.lifetimeMicros);
    if (count === 0) return;
    const { peer, perform } = this.#options;
    perform({ kind: 'expired', peer, stream: index, first, next: first + count });
    this.#scheduleHeartbeat(stream, nowMicros);
    stream.heartbeatAt = nowMicros;
  }

  #pump(nowMicros: number): void {
    while (this.#pacer.readyAt <= nowMicros) {
      const index = this.#nextStream();
      const stream = index === undefined ? undefined : this.#sends[index];
      const sequence = stream?.nextToSend();
      if (index === undefined || stream === undefined || sequence === undefined) return;
      this.#turn = (index + 1) % this.#sends.length;
      const message = stream.takeToSend(sequence, nowMicros);
      const data = { stream: index, timeStamp: timeStampOf(nowMicros), sequence, message };
      this.#pacer.spend(this.#send(packetTypes.data, formatData(data), nowMicros), nowMicros);
      this.#scheduleHeartbeat(stream, nowMicros);
    }
  }

  #nextStream(): number | undefined {
    for (let offset = 0; offset < this.#sends.length; offset += 1) {
      const index = (this.#turn + offset) % this.#sends.length;
      if (this.#sends[index]?.nextToSend() !== undefined) return index;
    }
    return undefined;
  }

  #scheduleHeartbeat(stream: SendStream, nowMicros: number): void {
    stream.heartbeatDelay = Math.max(2 * this.#roundTrip.micros, this.#limits.feedbackMicros);
    stream.heartbeatAt = stream.isSettled ? never : nowMicros + stream.heartbeatDelay;
  }

  #beat(index: number, stream: SendStream, nowMicros: number): void {
    this.#sendHeartbeat(index, nowMicros);
    stream.heartbeatDelay = Math.min(2 * stream.heartbeatDelay, this.#limits.backOffMicrosMax);
    stream.heartbeatAt = nowMicros + stream.heartbeatDelay;
  }

  #sendHeartbeat(index: number, nowMicros: number): void {
    const { first = 0, sent: next = 0 } = this.#sends[index] ?? {};
    const heartbeat = { stream: index, timeStamp: timeStampOf(nowMicros), first, next };
    this.#send(packetTypes.heartbeat, formatHeartbeat(heartbeat), nowMicros);
  }

  get #isDrained(): boolean {
    return this.#sends.every(({ isSettled }) => isSettled);
  }

  #workOnClose(nowMicros: number): void {
    if (!this.#isDrained || nowMicros < this.#closeAt) return;
    if (this.#closeTries === this.#limits.closeTries) {
      this.end('closed');
      return;
    }
    this.#send(packetTypes.close, formatClose({ reason: closeReasons.done }), nowMicros);
    this.#closeTries += 1;
    this.#closeDelay = Math.max(2 * this.#closeDelay, 2 * this.#roundTrip.micros);
    this.#closeAt = nowMicros + this.#closeDelay;
  }

  /** @returns the size of the packet */
  #send(type: number, payload: Uint8Array, nowMicros: number): number {
    const packet = this.#channel.seal(type, payload);
    this.#options.perform({ kind: 'transmit', to: this.#link, packet });
    this.#sentAt = nowMicros;
    return packet.length;
  }
}
