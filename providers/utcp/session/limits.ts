/** What bounds an endpoint, in memory and in time. Both sides keep their own; only `initialCredit` is agreed. */
export interface UtcpLimits {
  /** Streams of a session in each direction: 0 to this less one. */
  readonly streams: number;
  /** Messages of a stream that a sender holds and a receiver takes beyond what its reader has consumed. */
  readonly windowMessages: number;
  readonly handshakeRetryMicros: number;
  readonly handshakeRetryMicrosMax: number;
  /** After this an attempt to connect ends. */
  readonly connectTimeoutMicros: number;
  /** A cookie holds in the slot of time in which it was made and in the next one. */
  readonly cookieSlotMicros: number;
  /** Signatures are checked at most this often, */
  readonly verificationMicros: number;
  /** but so many at once. */
  readonly verificationsAtOnce: number;
  readonly roundTripMicrosInitial: number;
  readonly roundTripMicrosMin: number;
  readonly roundTripMicrosMax: number;
  /** How long a receiver may keep its position to itself. */
  readonly feedbackMicros: number;
  /** Heartbeats and requests for what is missing back off to this. */
  readonly backOffMicrosMax: number;
  /** A sender with nothing to say says so this often. */
  readonly keepAliveMicros: number;
  /** A session from which nothing came for so long is over. */
  readonly deadMicros: number;
  /** A message not acknowledged for so long is given up; 0: never. */
  readonly lifetimeMicros: number;
  readonly paceBytesPerSecond: number;
  readonly burstBytes: number;
  /** A new key after so many packets. */
  readonly rekeyPackets: number;
  readonly closeTries: number;
}

/** Credit of each stream before the first feedback; a window is never smaller. */
export const initialCredit = 16;

export const defaultLimits: UtcpLimits = {
  streams: 4,
  windowMessages: 64,
  handshakeRetryMicros: 250_000,
  handshakeRetryMicrosMax: 4_000_000,
  connectTimeoutMicros: 30_000_000,
  cookieSlotMicros: 10_000_000,
  verificationMicros: 10_000,
  verificationsAtOnce: 16,
  roundTripMicrosInitial: 100_000,
  roundTripMicrosMin: 200,
  roundTripMicrosMax: 2_000_000,
  feedbackMicros: 5_000,
  backOffMicrosMax: 1_000_000,
  keepAliveMicros: 1_000_000,
  deadMicros: 10_000_000,
  lifetimeMicros: 0,
  paceBytesPerSecond: 12_500_000,
  burstBytes: 32_768,
  rekeyPackets: 1 << 20,
  closeTries: 5,
};
