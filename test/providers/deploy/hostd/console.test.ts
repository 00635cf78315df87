/** A node's console over a real socket, with a server that says what a machine would. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consoleLogSizeBytesMax } from '../../../../providers/deploy/console-log';
import { NodeConsole } from '../../../../providers/deploy/hostd/console';
import { until } from '../_rig';

let folder: string;
let machine: Server;
let line: Socket | undefined;
let node: NodeConsole;
let logged: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-console-'));
  logged = [];
  machine = createServer((socket) => {
    line = socket;
    socket.on('error', () => undefined);
  }).listen(join(folder, 'serial.sock'));
  const events = {
    onRecord: () => undefined,
    onOpen: () => undefined,
    log: (text: string) => void logged.push(text),
  };
  node = new NodeConsole(folder, '00'.repeat(32), events);
  await connected();
});
afterEach(async () => {
  node.close();
  line?.destroy();
  await new Promise((done) => machine.close(done));
  rmSync(folder, { recursive: true, force: true });
});

const connected = (): Promise<void> => until(() => line !== undefined && node.isConnected);
const log = (): string => {
  const file = join(folder, 'console.log');
  return existsSync(file) ? readFileSync(file, 'latin1') : '';
};

/** Says it, and waits until it has been heard and written: for who comes in, all is written at once. */
async function say(text: string): Promise<void> {
  let size = 0;
  const { stop } = node.watch((chunk) => {
    size += chunk.length;
  });
  line?.write(text);
  await until(() => size === text.length);
  stop();
  node.watch(() => undefined).stop();
}

test('the log has what was said, without records', async () => {
  await say('\r\nfirmware\r\nrumpk: up\n@nexus record 00 {}\nhello: hi\n@nexus panic why\n');
  expect(log()).toBe('\r\nfirmware\r\nrumpk: up\nhello: hi\n@nexus panic why\n');
});

test('a million bytes and more rotate the log', async () => {
  const block = 'x'.repeat(99).concat('\n').repeat(1_000);
  for (let count = 0; count < 11; count += 1) await say(block);
  const sizes = ['console.log', 'console.log.1'].map((name) => statSync(join(folder, name)).size);
  expect(sizes[0]).toBeLessThan(consoleLogSizeBytesMax);
  expect(sizes[1]).toBeLessThanOrEqual(consoleLogSizeBytesMax);
  expect((sizes[0] ?? 0) + (sizes[1] ?? 0)).toBe(1_100_000);
});

test('history and stream are everything once, wherever somebody comes in', async () => {
  const said = 'one\n@nexus record 1\ntwo\n@nexus panic x\nthree';
  const joined: { history: string; streamed: string; at: number }[] = [];
  for (let at = 0; at < said.length; at += 1) {
    const entry = { history: '', streamed: '', at };
    joined.push(entry);
    entry.history = node
      .watch((chunk) => {
        entry.streamed += chunk.toString('latin1');
      })
      .history.toString('latin1');
    line?.write(said.slice(at, at + 1));
    await until(() => joined[0]?.streamed.length === at + 1);
  }
  const texts = joined.map(({ history, streamed }) => (history + streamed).replace('@nexus record 1\n', ''));
  expect(new Set(texts)).toEqual(new Set(['one\ntwo\n@nexus panic x\nthree']));
});

test('the text of a machine that ended within a line is followed by a new line', async () => {
  await say('half a li');
  line?.end();
  line = undefined;
  await until(() => logged.includes('console closed'));
  await connected();
  await say('new start\n@nex');
  expect(log()).toBe('half a li\nnew start\n');
  node.close();
  expect(log()).toBe('half a li\nnew start\n@nex');
});

test('a full disk costs nothing but the text', async () => {
  symlinkSync('/dev/full', join(folder, 'console.log'));
  await say('lost\n');
  await say('lost too\n@nexus panic why\n');
  expect(node.counters.unloggedBytes).toBe('lost\nlost too\n@nexus panic why\n'.length);
  expect(node.panic).toBe('it panicked: why');
  expect(
    logged.filter((text) => text.includes('cannot be written, what the node says is not kept: ENOSPC')),
  ).toHaveLength(1);
});
