/** The client of the agent protocol against agents that lie, stall and break off. test/e2e/keys.test.ts has the real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { NexusError } from '../../../../model';
import { signingKeyFromSeed } from '../../../../providers/provchain';
import { recordSignerOf } from '../../../../providers/provchain/keys/record-signer';
import {
  formatAgentKey,
  listAgentKeys,
  parseAgentKey,
  signWithAgent,
} from '../../../../providers/provchain/keys/ssh-agent';

const key = signingKeyFromSeed(new Uint8Array(32).fill(5), 'deployer');
const other = signingKeyFromSeed(new Uint8Array(32).fill(6), 'deployer');
const message = Buffer.from('what is signed');

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-agent-'));
});
afterEach(async () => {
  await new Promise((closed) => (server === undefined ? closed(undefined) : server.close(closed)));
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** An agent that says these bytes to whatever it is asked. @returns its socket */
async function agentThat(answer: Uint8Array | undefined): Promise<string> {
  const path = join(folder, 'agent.sock');
  const made = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (answer === undefined ? socket.destroy() : socket.end(answer)));
  });
  server = made;
  await new Promise<void>((listening) => made.listen(path, listening));
  return path;
}

const string = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const blobOf = (publicKey: Uint8Array): Buffer =>
  Buffer.concat([string(Buffer.from('ssh-ed25519')), string(publicKey)]);
const signed = (signature: Uint8Array, type = 'ssh-ed25519'): Buffer =>
  string(
    Buffer.concat([Buffer.from([14]), string(Buffer.concat([string(Buffer.from(type)), string(signature)]))]),
  );

test('the public key is written as OpenSSH writes it, and read back, with a comment too', () => {
  const line = formatAgentKey(key.publicKey);
  expect(line).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$/);
  expect(parseAgentKey(`${line} me@desk\n`)).toEqual(key.publicKey);
  for (const wrong of [
    '',
    'ssh-rsa AAAA',
    line.slice(0, -4),
    `${line}x`,
    line.replace('ssh-ed25519', 'ssh-rsa'),
  ])
    expect(() => parseAgentKey(wrong)).toThrow(/Cannot read the agent's key/);
});

test('the keys of the agent are listed; those that are not Ed25519 are left out', async () => {
  const identities = [
    string(Buffer.concat([string(Buffer.from('ssh-rsa')), Buffer.alloc(40)])),
    string(Buffer.from('an older one')),
    string(blobOf(key.publicKey)),
    string(Buffer.from('me@desk')),
  ];
  const path = await agentThat(string(Buffer.concat([Buffer.from([12, 0, 0, 0, 2]), ...identities])));
  expect(await listAgentKeys(path)).toEqual([{ publicKey: key.publicKey, comment: 'me@desk' }]);
});

test('a signature is taken as it is; a record signer takes only one that holds', async () => {
  const path = await agentThat(signed(key.sign(message)));
  expect(await signWithAgent(path, key.publicKey, message)).toEqual(key.sign(message));
  const signer = recordSignerOf({ kind: 'agent' }, key, 'deployer.key', { agentSocket: path });
  expect(await signer.sign(message)).toEqual(key.sign(message));
  await expect(signer.sign(Buffer.from('another text'))).rejects.toMatchObject({ code: 'bad-agent' });
});

test.each([
  ['refuses', string(Buffer.from([5])), 'agent-refused'],
  ['signs with another type', signed(other.sign(message), 'ssh-rsa'), 'bad-agent'],
  ['signs too short', signed(new Uint8Array(63)), 'bad-agent'],
  ['says another thing', string(Buffer.from([12, 0, 0, 0, 0])), 'bad-agent'],
  ['names a huge answer', Buffer.from([0xff, 0xff, 0xff, 0xff]), 'bad-agent'],
  ['breaks off in the middle', signed(key.sign(message)).subarray(0, 20), 'bad-agent'],
  ['hangs up', undefined, 'bad-agent'],
])('an agent that %s is an error of ours', async (_, answer, code) => {
  const path = await agentThat(answer);
  await expect(signWithAgent(path, key.publicKey, message)).rejects.toMatchObject({ code });
});

test('without an agent it says what to do', async () => {
  for (const path of [undefined, '', join(folder, 'none.sock')])
    await expect(listAgentKeys(path)).rejects.toMatchObject({ code: 'no-agent' });
});

test('whatever an agent answers is an error of ours or a signature of 64 bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(12, 13, 14), async (bytes, type) => {
      const path = await agentThat(string(Buffer.concat([Buffer.from([type]), bytes])));
      for (const ask of [() => listAgentKeys(path), () => signWithAgent(path, key.publicKey, message)])
        await ask().catch((error: unknown) => expect(error).toBeInstanceOf(NexusError));
      await new Promise((closed) => server?.close(closed));
      server = undefined;
    }),
    { numRuns: 60 },
  );
});
