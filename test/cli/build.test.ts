/** Wrong input to `nexus build`: one clear error each, and nothing half-done. test/e2e/cli.test.ts builds. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Desk } from './_io';

let desk: Desk;
const path = process.env.PATH;
beforeEach(() => {
  desk = new Desk();
  desk.write({ 'system.kdl': systemOf('tinybox'), 'cells/hello/main.c': 'int main(void) { return 0; }' });
});
afterEach(() => {
  process.env.PATH = path;
  desk.remove();
});

const systemOf = (profile: string, cell = 'cell "hello" { source "cells/hello" }'): string =>
  `system "n" version=1 {\n    profile "${profile}"\n    ${cell}\n}\n`;

async function failure(...argv: string[]): Promise<[number, string]> {
  const { code, out, err } = await desk.nexus('build', '-o', 'n.img', ...argv);
  expect(out).toBe('');
  expect(existsSync(join(desk.folder, 'n.img'))).toBe(false);
  expect(existsSync(desk.stateDir)).toBe(false);
  expect(err.match(/^nexus: /gm)).toHaveLength(1);
  return [code, err];
}

test('a file that is not there', async () => {
  expect(await failure('other.kdl')).toEqual([
    2,
    expect.stringContaining('Cannot read "other.kdl": no such file\n  hint: '),
  ]);
  expect(await failure('cells')).toEqual([
    2,
    expect.stringContaining('Cannot read "cells": a folder, expected a file'),
  ]);
});

test('another profile than the one that was asked for', async () => {
  expect(await failure('--profile=cryptobox')).toEqual([
    2,
    'nexus: Cannot build "system.kdl" as profile "cryptobox": the file says "tinybox"\n' +
      '  hint: Say --profile=tinybox, or change `profile "tinybox"` in the file.\n',
  ]);
  expect(await failure('--profile=tinybx')).toEqual([
    2,
    expect.stringContaining('hint: Did you mean "tinybox"?'),
  ]);
});

test('a profile that this version does not build', async () => {
  desk.write({ 'system.kdl': systemOf('cryptobox') });
  expect(await failure('--profile=cryptobox')).toEqual([
    2,
    expect.stringContaining('not yet built by this version'),
  ]);
});

test('wrong KDL, with its place', async () => {
  desk.write({ 'system.kdl': systemOf('tinybox', 'cell "hello" { source "cells/hello"; pledge "net" }') });
  expect(await failure()).toEqual([
    2,
    expect.stringMatching(/^nexus: system\.kdl:3:\d+ Cannot read pledge "net"/),
  ]);
  desk.write({ 'system.kdl': 'system "n" version=1 {' });
  expect(await failure()).toEqual([2, expect.stringMatching(/^nexus: system\.kdl:1:\d+ /)]);
});

test('a missing source', async () => {
  desk.write({ 'system.kdl': systemOf('tinybox', 'cell "hello" { source "cells/helo" }') });
  expect(await failure()).toEqual([
    2,
    expect.stringMatching(/Cannot read source ".*cells\/helo": no such folder/),
  ]);
});

test('an output that cannot be written is found before anything is compiled', async () => {
  mkdirSync(join(desk.folder, 'folder'));
  expect(await failure('-o', 'none/n.img')).toEqual([
    2,
    expect.stringContaining('its folder does not exist'),
  ]);
  expect(await failure('-o', 'folder')).toEqual([
    2,
    expect.stringContaining('it is a folder, expected a file'),
  ]);
});

test('no compiler', async () => {
  process.env.PATH = join(desk.folder, 'empty');
  expect(await failure()).toEqual([
    1,
    expect.stringMatching(/Cannot compile for riscv64: no clang .*\n {2}hint: Install/),
  ]);
});
