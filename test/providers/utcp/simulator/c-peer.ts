/**
 * kernel/utcp in the simulator: compiled for this machine and driven over two named pipes, one request for each event.
 * test/kernel/utcp-host.c has the format. Undefined behaviour ends it, and so the run.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findToolchain } from '../../../../providers/factory';
import type { EndReason, RefuseReason, UtcpAction, UtcpEvent } from '../../../../providers/utcp';
import type { MakePeer, PeerOptions, SimulatedPeer } from './peer';

const root = join(__dirname, '../../../..');
/** More than a run has nodes and restarts; test/kernel/utcp-host.c has as many. */
const nodesMax = 64;
const ends: readonly EndReason[] = ['closed', 'exhausted', 'replaced', 'restarted', 'timeout', 'unreachable'];
const refusals: readonly RefuseReason[] = ['closing', 'full', 'no-session', 'size', 'stream'];
const verbs = {
  start: 0,
  connect: 1,
  packet: 2,
  send: 3,
  consumed: 4,
  close: 5,
  tick: 6,
  fingerprint: 7,
} as const;

export interface CPeers {
  readonly make: MakePeer;
  stop(): void;
}

/** @param defines for the compiler */
export async function buildCPeers(defines: readonly string[] = []): Promise<CPeers> {
  const { clang } = await findToolchain();
  const folder = mkdtempSync(join(tmpdir(), 'nexus-utcp-'));
  const program = join(folder, 'utcp-host');
  const sourcesOf = (name: string) =>
    readdirSync(join(root, 'kernel', name))
      .filter((file) => file.endsWith('.c'))
      .map((file) => join(root, 'kernel', name, file));
  const bounds = ['-DUTCP_PEERS_MAX=2', '-DUTCP_STREAMS_MAX=2', '-DUTCP_WINDOW_MAX=32'];
  const flags = [
    '-std=gnu11',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-fsanitize=undefined',
    '-fsanitize-trap=all',
  ];
  const inputs = [join(root, 'test/kernel/utcp-host.c'), join(root, 'kernel/lib/bytes.c')];
  const sources = [...inputs, ...sourcesOf('crypto'), ...sourcesOf('utcp')];
  execFileSync(clang, [...flags, ...bounds, ...defines, ...sources, '-o', program]);
  const host = new Host(program, folder);
  return {
    make: (options) => new CPeer(host, options),
    stop: () => {
      host.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

class Host {
  readonly #process: ChildProcess;
  readonly #requests: number;
  readonly #answers: number;
  #nodes = 0;

  constructor(program: string, folder: string) {
    const [requests, answers] = [join(folder, 'requests'), join(folder, 'answers')];
    execFileSync('mkfifo', [requests, answers]);
    // Opened for both at first, which does not wait for the other side; then each side has its own end alone.
    const [both, bothToo] = [openSync(requests, constants.O_RDWR), openSync(answers, constants.O_RDWR)];
    const [childReads, childWrites] = [openSync(requests, 'r'), openSync(answers, 'w')];
    this.#requests = openSync(requests, 'w');
    this.#answers = openSync(answers, 'r');
    this.#process = spawn(program, { stdio: [childReads, childWrites, 'inherit'] });
    for (const descriptor of [both, bothToo, childReads, childWrites]) closeSync(descriptor);
  }

  /** A place among the nodes of the program; the one used longest ago is given again. */
  place(): number {
    this.#nodes += 1;
    return this.#nodes % nodesMax;
  }

  /** @returns the records of the answer */
  ask(verb: number, node: number, nowMicros: number, body: Uint8Array): { kind: number; body: Buffer }[] {
    const head = Buffer.alloc(14);
    head.writeUInt8(verb, 0);
    head.writeUInt8(node, 1);
    head.writeBigUInt64LE(BigInt(nowMicros), 2);
    head.writeUInt32LE(body.length, 10);
    writeSync(this.#requests, Buffer.concat([head, body]));
    const records: { kind: number; body: Buffer }[] = [];
    for (;;) {
      const [kind = 0, ...size] = this.#read(5);
      const record = { kind, body: this.#read(Buffer.from(size).readUInt32LE()) };
      records.push(record);
      if (kind === 0) return records;
    }
  }

  #read(sizeBytes: number): Buffer {
    const bytes = Buffer.alloc(sizeBytes);
    for (let at = 0; at < sizeBytes; ) {
      const count = readSync(this.#answers, bytes, at, sizeBytes - at, null);
      if (count === 0) throw new Error('the program of kernel/utcp ended');
      at += count;
    }
    return bytes;
  }

  stop(): void {
    closeSync(this.#requests);
    closeSync(this.#answers);
    this.#process.kill();
  }
}

class CPeer implements SimulatedPeer {
  readonly #host: Host;
  readonly #node: number;
  wakeAt = Number.POSITIVE_INFINITY;
  heldMax = 0;
  misbehaved = 0;

  constructor(host: Host, { limits, meshKey, seed, randomSeed, epoch, peers }: PeerOptions) {
    this.#host = host;
    this.#node = host.place();
    const numbers = Buffer.alloc(20 * 8);
    [
      limits.streams,
      limits.windowMessages,
      limits.handshakeRetryMicros,
      limits.handshakeRetryMicrosMax,
      limits.connectTimeoutMicros,
      limits.cookieSlotMicros,
      limits.verificationMicros,
      limits.verificationsAtOnce,
      limits.roundTripMicrosInitial,
      limits.roundTripMicrosMin,
      limits.roundTripMicrosMax,
      limits.feedbackMicros,
      limits.backOffMicrosMax,
      limits.keepAliveMicros,
      limits.deadMicros,
      limits.lifetimeMicros,
      limits.paceBytesPerSecond,
      limits.burstBytes,
      limits.rekeyPackets,
      limits.closeTries,
    ].forEach((value, index) => {
      numbers.writeBigUInt64LE(BigInt(value), 8 * index);
    });
    const epochBytes = Buffer.alloc(8);
    epochBytes.writeBigUInt64LE(epoch);
    this.#ask(verbs.start, 0, Buffer.concat([numbers, meshKey, seed, randomSeed, epochBytes, ...peers]));
  }

  step(event: UtcpEvent, nowMicros: number): readonly UtcpAction[] {
    const peer = 'peer' in event ? Buffer.from(event.peer, 'hex') : Buffer.alloc(0);
    return this.#ask(verbs[event.kind], nowMicros, Buffer.concat([peer, ...bodyOf(event)])).flatMap(
      ({ kind, body }) =>
        kind === 1
          ? [
              {
                kind: 'transmit',
                to: Uint8Array.from(body.subarray(0, 6)),
                packet: Uint8Array.from(body.subarray(6)),
              } as const,
            ]
          : kind === 2
            ? [eventOf(body)]
            : kind === 3
              ? [
                  {
                    kind: 'refused',
                    peer: peer.toString('hex'),
                    reason: named(refusals, body[0], 1),
                  } as const,
                ]
              : [],
    );
  }

  get fingerprint(): string {
    const record = this.#ask(verbs.fingerprint, 0, Buffer.alloc(0)).find(({ kind }) => kind === 4);
    return record?.body.toString('hex') ?? '';
  }

  #ask(verb: number, nowMicros: number, body: Uint8Array): { kind: number; body: Buffer }[] {
    const records = this.#host.ask(verb, this.#node, nowMicros, body);
    const last = records.at(-1)?.body ?? Buffer.alloc(16);
    const wakeAt = last.readBigUInt64LE(0);
    this.wakeAt = wakeAt === 2n ** 64n - 1n ? Number.POSITIVE_INFINITY : Number(wakeAt);
    this.heldMax = last.readUInt32LE(8);
    this.misbehaved = last.readUInt32LE(12);
    return records;
  }
}

function named<T>(names: readonly T[], number = 0, offset = 0): T {
  const name = names[number - offset];
  if (name === undefined) throw new Error(`the program of kernel/utcp answered with the number ${number}`);
  return name;
}

function bodyOf(event: UtcpEvent): Uint8Array[] {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  if (event.kind === 'packet') return [event.from, event.packet];
  if (event.kind === 'send') return [number(event.stream), event.message];
  return event.kind === 'consumed' ? [number(event.stream), number(event.count)] : [];
}

function eventOf(body: Buffer): UtcpAction {
  const peer = body.toString('hex', 2, 18);
  const stream = body.readUInt32LE(26);
  const [first, next] = [Number(body.readBigUInt64LE(30)), Number(body.readBigUInt64LE(38))];
  const kinds = ['connected', 'deliver', 'gap', 'expired', 'acknowledged', 'ended'] as const;
  const kind = named(kinds, body[0]);
  switch (kind) {
    case 'connected':
      return { kind, peer, session: body.toString('hex', 18, 26) };
    case 'deliver':
      return { kind, peer, stream, sequence: first, message: Uint8Array.from(body.subarray(54)) };
    case 'acknowledged':
      return { kind, peer, stream, position: first };
    case 'ended': {
      const unacknowledged = Number(body.readBigUInt64LE(46));
      return { kind, peer, reason: named(ends, body[1]), unacknowledged };
    }
    default:
      return { kind, peer, stream, first, next };
  }
}
