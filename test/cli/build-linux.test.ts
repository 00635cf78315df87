/** `nexus build` of a Linux profile, from a lock and a mirror in a folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatLock } from '../../model';
import { makePackage } from '../providers/factory/graft/_packages';
import { Desk } from './_io';

const mirror = mkdtempSync(join(tmpdir(), 'nexus-mirror-'));
const tool = makePackage(mirror, 'tool', {
  'usr/bin/tool': 'a tool',
  'usr/share/doc/tool/README': 'x'.repeat(5000),
});
let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());
afterAll(() => rmSync(mirror, { recursive: true, force: true }));

const system = (cell = 'package "tool"\n        keep "usr/bin/tool"'): string => `system "web" version=1 {
    profile "dragonbox"
    architecture "x86_64"
    repository "debian" suite="test" mirror="${mirror}"
    cell "tool" {
        ${cell}
    }
}
`;
const lock = formatLock({
  system: 'web',
  architecture: 'x86_64',
  cells: [{ cell: 'tool', packages: [tool] }],
});

test('without a lock --locked refuses, and a lock that does not pin what the profile adds is refused with what it lacks', async () => {
  desk.write({ 'system.kdl': system() });
  expect(await desk.nexus('build', '--locked')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Cannot build from "nexus.lock.kdl": no such file'),
  });
  desk.write({ 'system.kdl': system('package "other"'), 'nexus.lock.kdl': lock });
  expect(await desk.nexus('build')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Cannot build from "nexus.lock.kdl": it has no cell "busybox"'),
  });
});

test('a lock that somebody spoiled is an error with its place', async () => {
  desk.write({ 'system.kdl': system(), 'nexus.lock.kdl': lock.replace('size=', 'sise=') });
  const { code, err } = await desk.nexus('build');
  expect(code).toBe(2);
  expect(err).toMatch(/nexus\.lock\.kdl:4:\d+ Cannot read property "sise"/);
});

test('a Tinybox has nothing to update', async () => {
  desk.write({ 'system.kdl': 'system "a" version=1 { profile "tinybox"; cell "c" { source "c"; }; }' });
  expect(await desk.nexus('update')).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no foreign packages'),
  });
});
