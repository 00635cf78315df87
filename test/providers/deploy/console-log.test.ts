import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConsoleTail } from '../../../providers/deploy';
import {
  ConsoleLog,
  consoleLogSizeBytesMax,
  markConsoleLog,
  readConsoleSince,
} from '../../../providers/deploy/console-log';
import { until } from './_rig';

let folder: string;
let reports: string[];
let log: ConsoleLog;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-console-'));
  reports = [];
  log = new ConsoleLog(folder, (text) => void reports.push(text));
});
afterEach(() => {
  log.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string): string => join(folder, name);
const say = (text: string): void => {
  log.write(Buffer.from(text));
  log.flush();
};
/** @returns how many lines it were */
function sayMuch(sizeBytes: number, first = 0): number {
  let number = first;
  for (let size = 0; size < sizeBytes; number += 1) {
    const line = `line ${number}\n`;
    say(line);
    size += line.length;
  }
  return number;
}

test('what is said stands in a file that only its owner can read', () => {
  say('one\n');
  say('\xfftwo');
  expect(readFileSync(file('console.log'))).toEqual(Buffer.from('one\n\xfftwo'));
  expect(statSync(file('console.log')).mode & 0o777).toBe(0o600);
});

test('ten million bytes are two files of at most a mebibyte, with the last lines in order', () => {
  const block = Buffer.from(Array.from({ length: 4_000 }, (_, index) => `line ${index}\n`).join(''));
  for (let sent = 0; sent < 10_000_000; sent += block.length) log.write(block);
  log.flush();
  const sizes = ['console.log', 'console.log.1'].map((name) => statSync(file(name)).size);
  for (const size of sizes) expect(size).toBeLessThanOrEqual(consoleLogSizeBytesMax);
  expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(consoleLogSizeBytesMax);
  expect(readConsoleTail(folder).toString()).toMatch(/\nline 3998\nline 3999\n$/);
});

test('readers do not see where the log was rotated', () => {
  const count = sayMuch(consoleLogSizeBytesMax + 50_000);
  expect(statSync(file('console.log')).size).toBeLessThan(60_000);
  const lines = readConsoleTail(folder).toString().trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(10_000);
  expect(lines).toEqual(lines.map((_, index) => `line ${count - lines.length + index}`));
});

test('what was said after a mark is found, rotated or not', () => {
  const since = (mark: ReturnType<typeof markConsoleLog>): string =>
    readConsoleSince(folder, mark).toString();
  const start = markConsoleLog(folder);
  say('one\n');
  const [mark, second] = [markConsoleLog(folder), sayMuch(1_000)];
  expect(since(start)).toBe(`one\n${since(mark)}`);
  expect(since(mark)).toMatch(/^line 0\n/);
  const third = sayMuch(consoleLogSizeBytesMax, second);
  expect(existsSync(file('console.log.1'))).toBe(true);
  expect(since(mark).split('\n')).toHaveLength(third + 1);
  expect(since(markConsoleLog(folder))).toBe('');
});

test('bytes that come one by one are written together, a moment later', async () => {
  for (const letter of 'one\ntwo') log.write(Buffer.from(letter));
  expect(existsSync(file('console.log'))).toBe(false);
  await until(() => existsSync(file('console.log')));
  expect(readFileSync(file('console.log'), 'utf8')).toBe('one\ntwo');
});

test('a new start begins a line of its own', () => {
  log.startLine();
  say('cut o');
  log.startLine();
  log.startLine();
  say('whole\n');
  log.startLine();
  log.flush();
  expect(readFileSync(file('console.log'), 'utf8')).toBe('cut o\nwhole\n');
});

test('a log that cannot be written is said once, what is missing is counted, and it goes on afterwards', () => {
  mkdirSync(file('console.log'));
  say('lost\n');
  say('lost\n');
  expect(log.unwrittenSizeBytes).toBe(10);
  rmSync(file('console.log'), { recursive: true });
  say('kept\n');
  expect(readConsoleTail(folder).toString()).toBe('kept\n');
  expect(reports).toEqual([
    expect.stringMatching(/^console\.log cannot be written, what the node says is not kept: EISDIR/),
    'console.log is written again; 10 bytes are missing so far',
  ]);
});

test('a log that cannot be rotated does not grow', () => {
  mkdirSync(file('console.log.1/taken'), { recursive: true });
  writeFileSync(file('console.log'), Buffer.alloc(consoleLogSizeBytesMax));
  say('more\n');
  expect(statSync(file('console.log')).size).toBe(consoleLogSizeBytesMax);
  expect(reports).toHaveLength(1);
});

test('after its end nothing is written, as the folder may be gone', () => {
  log.write(Buffer.from('last\n'));
  log.close();
  say('late\n');
  expect([readFileSync(file('console.log'), 'utf8'), reports]).toEqual(['last\n', []]);
  expect(readConsoleTail(join(folder, 'nowhere'))).toEqual(Buffer.alloc(0));
});
