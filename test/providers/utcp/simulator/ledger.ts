/**
 * What must hold in every run, kept by somebody who sees both ends: each message comes exactly once and in order in its
 * session and stream, a gap is only where the sender gave up, nothing is acknowledged that did not come, no packet
 * number comes twice under a session, and no message is readable on the wire.
 */
import { headerSizeBytes, readHeader, readType, type UtcpAction } from '../../../../providers/utcp';

/** Every message begins with it. */
export const mark = Buffer.from('plaintext!');

interface StreamRecord {
  readonly sent: Uint8Array[];
  given: boolean[];
  position: number;
  acknowledged: number;
}

export class BrokenInvariant extends Error {}

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenInvariant(what);
}

export class Ledger {
  /** By session, sender and stream. */
  readonly #streams = new Map<string, StreamRecord>();
  readonly #numbers = new Set<string>();
  delivered = 0;
  gaps = 0;

  #of(session: string, sender: string, stream: number): StreamRecord {
    const name = `${session} ${sender} ${stream}`;
    const known = this.#streams.get(name) ?? { sent: [], given: [], position: 0, acknowledged: 0 };
    this.#streams.set(name, known);
    return known;
  }

  sent(session: string, sender: string, stream: number, message: Uint8Array): void {
    this.#of(session, sender, stream).sent.push(message);
  }

  expired(session: string, sender: string, action: UtcpAction & { kind: 'expired' }): void {
    const record = this.#of(session, sender, action.stream);
    for (let sequence = action.first; sequence < action.next; sequence += 1) record.given[sequence] = true;
  }

  delivery(session: string, action: UtcpAction & { kind: 'deliver' }): void {
    const record = this.#of(session, action.peer, action.stream);
    const { sequence, message } = action;
    demand(sequence === record.position, `message ${sequence} was delivered, ${record.position} is next`);
    const sent = record.sent[sequence];
    demand(sent !== undefined, `message ${sequence} was delivered and never sent`);
    demand(Buffer.compare(sent, message) === 0, `message ${sequence} was delivered with other bytes`);
    record.position += 1;
    this.delivered += 1;
  }

  gap(session: string, action: UtcpAction & { kind: 'gap' }): void {
    const record = this.#of(session, action.peer, action.stream);
    demand(action.first === record.position && action.next > action.first, `a gap at ${action.first}`);
    for (let sequence = action.first; sequence < action.next; sequence += 1)
      demand(record.given[sequence] === true, `message ${sequence} was given up by the receiver alone`);
    record.position = action.next;
    this.gaps += 1;
  }

  acknowledged(session: string, sender: string, action: UtcpAction & { kind: 'acknowledged' }): void {
    const record = this.#of(session, sender, action.stream);
    const { position } = action;
    demand(
      position <= record.position,
      `message ${position - 1} is acknowledged, ${record.position} is next`,
    );
    demand(position > record.acknowledged, `${position} is acknowledged after ${record.acknowledged}`);
    record.acknowledged = position;
  }

  transmitted(session: string | undefined, packet: Uint8Array): void {
    demand(!Buffer.from(packet).includes(mark), 'a message is readable on the wire');
    demand(
      packet.length <= 1500 && packet.length >= headerSizeBytes + 16,
      `${packet.length} bytes of packet`,
    );
    if (readType(packet) < 6) return;
    demand(session !== undefined, 'a sealed packet is sent without a session');
    const { source, sequence } = readHeader(packet);
    const name = `${session} ${source} ${sequence}`;
    demand(!this.#numbers.has(name), `packet number ${sequence} comes twice`);
    this.#numbers.add(name);
  }

  /** Whether all that was sent in that session, by that sender, came or was given up. */
  isSettled(session: string, sender: string, streams: number): boolean {
    for (let stream = 0; stream < streams; stream += 1) {
      const record = this.#streams.get(`${session} ${sender} ${stream}`);
      if (record !== undefined && record.position < record.sent.length) return false;
    }
    return true;
  }
}
