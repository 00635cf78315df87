import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../../providers/machine';

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const searchPath = (): string => `:${at('none')}:${at('first')}::${at('second')}`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-machine-'));
  for (const name of ['first', 'second', 'first/folder']) mkdirSync(at(name));
  for (const name of ['first/tool', 'second/tool', 'second/folder', 'second/later', 'first/plain', 'here']) {
    writeFileSync(at(name), '#!/bin/sh\n');
    chmodSync(at(name), name === 'first/plain' ? 0o644 : 0o755);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the first folder of PATH that has the program counts', () => {
  expect(findProgram('tool', searchPath())).toBe(at('first/tool'));
  expect(findProgram('later', searchPath())).toBe(at('second/later'));
});

test('what cannot be executed, or is a folder, is passed over', () => {
  expect(findProgram('plain', searchPath())).toBeUndefined();
  expect(findProgram('folder', searchPath())).toBe(at('second/folder'));
});

test('an empty entry of PATH is not the working folder', () => {
  expect(findProgram('here', searchPath(), folder)).toBeUndefined();
  expect(findProgram('here', '', folder)).toBeUndefined();
});

test('a name with a slash is a path, and PATH is not asked', () => {
  expect(findProgram('./here', '', folder)).toBe(at('here'));
  expect(findProgram(at('first/tool'), at('second'))).toBe(at('first/tool'));
  expect(findProgram('first/gone', searchPath(), folder)).toBeUndefined();
});

test('a link to a program is one, by the name of the link', () => {
  symlinkSync(at('second/later'), at('first/link'));
  symlinkSync(at('gone'), at('first/broken'));
  expect(findProgram('link', searchPath())).toBe(at('first/link'));
  expect(findProgram('broken', searchPath())).toBeUndefined();
});
