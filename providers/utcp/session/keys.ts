/**
 * The keys of a session. From the shared secret of the two ephemeral keys and the message that the responder signed:
 *
 *     root          HKDF-Extract(salt = SHA-256(accept message), shared secret)
 *     secret 0      HKDF-Expand(root, "utcp-v1 initiator") for what the initiator sends, "… responder" for the rest
 *     key g         HKDF-Expand(secret g, "utcp-v1 key")
 *     secret g+1    HKDF-Expand(secret g, "utcp-v1 next")
 *     session       the first 8 bytes of HKDF-Expand(root, "utcp-v1 session"): a name, not a secret
 *
 * A sender goes to the next generation after a number of packets, once the peer has seen one of the present
 * generation: so a receiver needs no keys but the last, the present and the next one.
 */
import { sha256 } from '../../../model';
import { hkdfExpand, hkdfExtract } from '../crypto';

export const generationMax = 0xffff;

export interface SessionSecrets {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
  /** 16 hex digits. */
  readonly session: string;
}

export function deriveSecrets(shared: Uint8Array, acceptMessage: Uint8Array): SessionSecrets {
  const root = hkdfExtract(sha256(acceptMessage), shared);
  return {
    initiator: hkdfExpand(root, 'utcp-v1 initiator'),
    responder: hkdfExpand(root, 'utcp-v1 responder'),
    session: Buffer.from(hkdfExpand(root, 'utcp-v1 session').subarray(0, 8)).toString('hex'),
  };
}

const keyOf = (secret: Uint8Array): Uint8Array => hkdfExpand(secret, 'utcp-v1 key');
const nextOf = (secret: Uint8Array): Uint8Array => hkdfExpand(secret, 'utcp-v1 next');

/** The present key of one direction, at its sender. */
export class SendKeys {
  #secret: Uint8Array;
  #key: Uint8Array;
  #generation = 0;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
    this.#key = keyOf(secret);
  }

  get generation(): number {
    return this.#generation;
  }
  get key(): Uint8Array {
    return this.#key;
  }

  advance(): void {
    this.#secret = nextOf(this.#secret);
    this.#key = keyOf(this.#secret);
    this.#generation += 1;
  }
}

/** The last, the present and the next key of one direction, at its receiver. */
export class ReceiveKeys {
  #next: Uint8Array;
  #keys: readonly [Uint8Array | undefined, Uint8Array, Uint8Array];
  #generation = 0;

  constructor(secret: Uint8Array) {
    this.#next = nextOf(secret);
    this.#keys = [undefined, keyOf(secret), keyOf(this.#next)];
  }

  /** Undefined for a generation that is over or is not to be expected yet. */
  keyOf(generation: number): Uint8Array | undefined {
    return this.#keys[generation - this.#generation + 1];
  }

  /** An authentic packet of that generation came. */
  confirm(generation: number): void {
    if (generation <= this.#generation) return;
    const [, present, next] = this.#keys;
    this.#next = nextOf(this.#next);
    this.#keys = [present, next, keyOf(this.#next)];
    this.#generation += 1;
  }
}
