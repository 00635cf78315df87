/**
 * A stand-in for QEMU with Rumpk in it, for unit tests only: a program that takes QEMU's arguments, listens on the same
 * sockets and signs the same records, so that the host's side can be tried in milliseconds and made to fail at will.
 *
 * Its image is a text: `stand-in WORD …`, where the word says how it behaves: `good`, `silent` (never says anything),
 * `crash` (ends with a panic), `lies` (measures another image), `fallen` (its cell has crashed), `deaf` (one record, then nothing), `early` (its first
 * record goes to nobody, as when the daemon is killed then). As QEMU with `wait=on` all others begin only when their
 * console has been connected.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import {
  createMeasuredStatement,
  formatStatement,
  publicKeyBytes,
  sha256,
  signEd25519,
  signingKeyOfSeed,
} from '../../../model';
import { configDigest, formatRecordLine, parseNodeConfig } from '../../../providers/deploy';
import { formatFrame } from '../../../providers/deploy/hostd/frames';
import { preAuthEncoding } from '../../../providers/provchain';

const option = (name: string): string => process.argv[process.argv.indexOf(name) + 1] ?? '';
const field = (name: string, key: string): string =>
  new RegExp(`${key}=([^,]+)`).exec(option(name))?.[1] ?? '';

const image = readFileSync(option('-kernel'));
const word = /^stand-in (\w+)/.exec(image.toString('latin1'))?.[1] ?? 'silent';
const config = parseNodeConfig(readFileSync(option('-initrd')));
const key = signingKeyOfSeed(config.seed);
const consoles = new Set<Socket>();
const startedMs = Date.now();
let sequence = 0;

writeFileSync(option('-pidfile'), `${process.pid}\n`);

function say(line: string): void {
  for (const console of consoles) console.write(`${line}\n`);
}

function sayRecord(nonce: string | undefined): void {
  const measured = word === 'lies' ? sha256(Buffer.from('another image')) : sha256(image);
  const heartbeat = {
    node: config.node,
    key: Buffer.from(publicKeyBytes(key)).toString('hex'),
    release: config.release,
    config: Buffer.from(configDigest(config)).toString('hex'),
    epoch: String(config.epoch),
    sequence: String(++sequence),
    uptimeMicros: String((Date.now() - startedMs) * 1000),
    cells: [{ name: 'hello', state: word === 'fallen' ? ('crashed' as const) : ('running' as const) }],
    peers: config.peers.map(({ name, cellId }) => ({
      name,
      cellId: Buffer.from(cellId).toString('hex'),
      heard: false,
    })),
  };
  const digest = Buffer.from(measured).toString('hex');
  const { node, key: publicKey, release, config: configHex, ...rest } = heartbeat;
  const statement =
    nonce === undefined
      ? createMeasuredStatement('heartbeat', heartbeat, digest)
      : createMeasuredStatement(
          'boot',
          { node, key: publicKey, release, config: configHex, nonce, ...rest },
          digest,
        );
  const payload = formatStatement(statement);
  say(formatRecordLine({ payload, signature: signEd25519(key, preAuthEncoding(payload)) }));
}

function takeInput(text: string): void {
  for (const line of text.split('\n')) {
    const nonce = /^@nexus challenge ([0-9a-f]{64})$/.exec(line)?.[1];
    if (nonce !== undefined && word !== 'silent' && word !== 'deaf') sayRecord(nonce);
    else if (line !== '') say(`stand-in: heard ${line}`);
  }
}

function boot(): void {
  if (word !== 'silent') say('\r\nstand-in: up');
  if (word === 'silent') return;
  if (word === 'crash') {
    say('@nexus panic the stand-in was told to crash');
    setTimeout(() => process.exit(0), 20);
    return;
  }
  sayRecord(Buffer.from(config.nonce).toString('hex'));
  setInterval(() => sayRecord(undefined), config.heartbeatIntervalMs);
}

const sockets = [
  field('-chardev', 'path'),
  field('-netdev', 'addr.path'),
  option('-qmp').split(/[:,]/)[1] ?? '',
];
const [serialPath = '', netPath = '', qmpPath = ''] = sockets;
for (const path of sockets) rmSync(path, { force: true });

function end(): void {
  for (const path of [...sockets, option('-pidfile')]) rmSync(path, { force: true });
  process.exit(0);
}
process.on('SIGTERM', end);

createServer((socket) => {
  if (consoles.size === 0 && sequence === 0 && word !== 'early') setTimeout(boot, 5);
  consoles.add(socket);
  socket.on('data', (chunk) => takeInput(chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => consoles.delete(socket));
}).listen(serialPath, () => (word === 'early' ? boot() : undefined));

createServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  const source = Buffer.from(
    option('-device')
      .replace(/^.*mac=/, '')
      .replaceAll(':', ''),
    'hex',
  );
  socket.write(
    formatFrame(Buffer.concat([Buffer.alloc(6, 0xff), source, Buffer.from(`88b5${'00'.repeat(50)}`, 'hex')])),
  );
}).listen(netPath);

createServer((socket) => {
  socket.write('{"QMP":{}}\n');
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => (chunk.toString().includes('"quit"') ? end() : undefined));
}).listen(qmpPath);
