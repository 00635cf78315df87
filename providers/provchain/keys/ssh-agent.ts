/**
 * A key in an ssh-agent, over the socket that SSH_AUTH_SOCK names: the agent signs, the private key never comes here
 * (https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent). Each message is `u32be length || type || content`, a
 * string is `u32be length || bytes`:
 *
 *     11 REQUEST_IDENTITIES                              12 IDENTITIES_ANSWER  u32 count, (string key, string comment)…
 *     13 SIGN_REQUEST  string key, string data, u32 0    14 SIGN_RESPONSE      string (string "ssh-ed25519", string signature)
 *     5  FAILURE
 *
 * An Ed25519 key is `string "ssh-ed25519" || string <32 bytes>` (RFC 8709), and its signature that of RFC 8032.
 */
import { createConnection, type Socket } from 'node:net';
import { NexusError, publicKeySizeBytes, signatureSizeBytes } from '../../../model';

export interface AgentIdentity {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly comment: string;
}

const keyType = 'ssh-ed25519';
const messageSizeBytesMax = 256 * 1024;
/** A person may have to confirm, or to touch a token. */
const answerTimeoutMs = 60_000;
const types = {
  failure: 5,
  requestIdentities: 11,
  identities: 12,
  signRequest: 13,
  signResponse: 14,
} as const;

/** The public key as OpenSSH writes it, without a comment. Inverse: {@link parseAgentKey}. */
export function formatAgentKey(publicKey: Uint8Array): string {
  return `${keyType} ${keyBlob(publicKey).toString('base64')}`;
}

/** Inverse of {@link formatAgentKey}; reads over a comment. @throws NexusError `bad-agent-key` */
export function parseAgentKey(line: string): Uint8Array {
  const [type, base64 = ''] = line.trim().split(' ');
  const blob = Buffer.from(base64, 'base64');
  const publicKey = type === keyType ? parseKeyBlob(blob) : undefined;
  if (publicKey !== undefined && blob.toString('base64') === base64) return publicKey;
  throw new NexusError(
    'bad-agent-key',
    `Cannot read the agent's key: expected "${keyType}" and a key in base64`,
    {
      hint: 'Only Ed25519 keys sign here: `ssh-keygen -t ed25519`, then `ssh-add`.',
    },
  );
}

/** The Ed25519 keys of the agent; those of other types are left out. @throws NexusError `no-agent`, `bad-agent` */
export async function listAgentKeys(socketPath: string | undefined): Promise<AgentIdentity[]> {
  const answer = new Reader(
    await ask(socketPath, types.requestIdentities, new Uint8Array(), types.identities),
  );
  const count = answer.number();
  const identities: AgentIdentity[] = [];
  for (let at = 0; at < count; at += 1) {
    const [publicKey, comment] = [parseKeyBlob(answer.string()), answer.string().toString('utf8')];
    if (publicKey !== undefined) identities.push({ publicKey, comment });
  }
  return identities;
}

/** @returns 64 bytes @throws NexusError `no-agent`, `bad-agent`, `agent-refused` */
export async function signWithAgent(
  socketPath: string | undefined,
  publicKey: Uint8Array,
  message: Uint8Array,
): Promise<Uint8Array> {
  const content = Buffer.concat([string(keyBlob(publicKey)), string(message), Buffer.alloc(4)]);
  const answer = await ask(socketPath, types.signRequest, content, types.signResponse);
  const blob = new Reader(new Reader(answer).string());
  const [type, signature] = [blob.string().toString('latin1'), blob.string()];
  if (type === keyType && signature.length === signatureSizeBytes) return new Uint8Array(signature);
  throw badAgent(`a signature of type ${JSON.stringify(type.slice(0, 40))}, expected "${keyType}"`);
}

function string(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function keyBlob(publicKey: Uint8Array): Buffer {
  return Buffer.concat([string(Buffer.from(keyType)), string(publicKey)]);
}

function parseKeyBlob(blob: Buffer): Uint8Array | undefined {
  const head = Buffer.concat([string(Buffer.from(keyType)), Buffer.from([0, 0, 0, publicKeySizeBytes])]);
  const isOurs =
    blob.length === head.length + publicKeySizeBytes && blob.subarray(0, head.length).equals(head);
  return isOurs ? new Uint8Array(blob.subarray(head.length)) : undefined;
}

/** Reads an answer; whatever is cut short is the agent's fault. */
class Reader {
  #at = 0;
  constructor(private readonly bytes: Buffer) {}

  number(): number {
    if (this.#at + 4 > this.bytes.length) throw badAgent('an answer that is cut short');
    this.#at += 4;
    return this.bytes.readUInt32BE(this.#at - 4);
  }

  string(): Buffer {
    const length = this.number();
    if (length > this.bytes.length - this.#at) throw badAgent('an answer that is cut short');
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
}

/** One question on a connection of its own. @returns the content of the answer, behind its type */
async function ask(
  socketPath: string | undefined,
  type: number,
  content: Uint8Array,
  expected: number,
): Promise<Buffer> {
  if (socketPath === undefined || socketPath === '') throw noAgent('SSH_AUTH_SOCK is not set');
  const socket = createConnection(socketPath);
  try {
    socket.write(string(Buffer.concat([Buffer.from([type]), content])));
    const answer = await readMessage(socket, socketPath);
    if (answer[0] === expected) return answer.subarray(1);
    if (answer[0] !== types.failure) throw badAgent(`an answer of type ${answer[0]}, expected ${expected}`);
  } finally {
    socket.destroy();
  }
  throw new NexusError('agent-refused', 'Cannot sign with the ssh-agent: it refused', {
    hint: 'See `ssh-add -l` for the keys that it holds; a locked agent opens with `ssh-add -X`.',
  });
}

function readMessage(socket: Socket, socketPath: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.setTimeout(answerTimeoutMs, () => reject(noAgent(`no answer within ${answerTimeoutMs} ms`)));
    socket.on('error', (error) => reject(noAgent(`${socketPath}: ${error.message}`)));
    socket.on('close', () => reject(badAgent('it closed the connection without an answer')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readUInt32BE();
      if (length === 0 || length > messageSizeBytesMax) reject(badAgent(`an answer of ${length} bytes`));
      else if (received.length >= 4 + length) resolve(received.subarray(4, 4 + length));
    });
  });
}

function noAgent(reason: string): NexusError {
  return new NexusError('no-agent', `Cannot reach the ssh-agent: ${reason}`, {
    hint: 'Start one with `eval $(ssh-agent)`, give it the key with `ssh-add`, and hand on SSH_AUTH_SOCK.',
  });
}

function badAgent(reason: string): NexusError {
  return new NexusError('bad-agent', `Cannot use the ssh-agent: ${reason}`, {
    hint: 'SSH_AUTH_SOCK names something that is no ssh-agent.',
  });
}
