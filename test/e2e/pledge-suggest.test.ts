/** `nexus pledge suggest` over real programs, and the launcher with exactly what was suggested. */

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Suggestion } from '../../providers/pledge';
import { Desk } from '../cli/_io';
import { buildLaunchRig, type Ended, type LaunchRig } from '../support/launch';

let rig: LaunchRig;
let desk: Desk;
beforeAll(async () => {
  rig = await buildLaunchRig();
  desk = new Desk();
  desk.env = environment;
});
afterAll(() => {
  rig.remove();
  desk.remove();
});

const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/** A program as it was suggested, but for one pledge or one unveil. */
function launch(run: readonly string[], { pledges, unveils }: Suggestion, without?: string): Promise<Ended> {
  return rig.run({
    run,
    environment,
    pledges: pledges.map(({ pledge }) => pledge).filter((pledge) => pledge !== without),
    unveils: unveils.filter(({ path }) => path !== without),
  });
}

async function expectExact(run: readonly string[], output: string): Promise<Suggestion> {
  const { out } = await desk.nexus('pledge', 'suggest', '--json', '--', ...run);
  const suggestion = JSON.parse(out) as Suggestion;
  expect(await launch(run, suggestion)).toEqual({ status: 0, signal: null, stdout: output, stderr: '' });
  for (const { pledge } of suggestion.pledges)
    expect([pledge, (await launch(run, suggestion, pledge)).stderr]).toEqual([
      pledge,
      expect.stringMatching(/^pledge: probe: call \w+\(.*\) not pledged/),
    ]);
  return suggestion;
}

test('cat', async () => {
  const file = join(rig.folder, 'file');
  writeFileSync(file, 'content\n');
  const suggestion = await expectExact(['/usr/bin/cat', file], 'content\n');
  expect(suggestion.pledges.map(({ pledge }) => pledge)).toEqual(['stdio', 'rpath']);
  expect(suggestion.unveils).toContainEqual({ path: file, rights: 'r', calls: ['openat'] });
  const hidden = await launch(['/usr/bin/cat', file], suggestion, file);
  expect(hidden).toMatchObject({ status: 1, stdout: '', signal: null });
});

test('a shell script that makes, lists and removes a folder', async () => {
  const script = `mkdir ${rig.folder}/made && ls ${rig.folder}/made && rmdir ${rig.folder}/made && echo done`;
  const suggestion = await expectExact(['/bin/sh', '-c', script], 'done\n');
  expect(suggestion.pledges.map(({ pledge }) => pledge)).toEqual(
    expect.arrayContaining(['cpath', 'proc', 'exec']),
  );
});

test('curl against a server on loopback', async () => {
  const server = createServer((_, response) => response.end('hello\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const run = ['/usr/bin/curl', '-q', '-s', '--noproxy', '*', `http://127.0.0.1:${port}/`];
    const suggestion = await expectExact(run, 'hello\n');
    expect(suggestion.pledges.map(({ pledge }) => pledge)).toContain('inet');
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('the lines for system.kdl, with what each came from, and the warning', async () => {
  const { code, out } = await desk.nexus('pledge', 'suggest', '--', '/usr/bin/true');
  expect(code).toBe(0);
  expect(out).toMatch(/^\/\/ From one run: /);
  expect(out).toMatch(/^pledge "stdio" "rpath"$/m);
  expect(out).toMatch(/^unveil "\/usr\/bin\/true" "rx" \/\/ execve$/m);
});

test('a program that fails or is not there', async () => {
  const failed = await desk.nexus('pledge', 'suggest', '--', '/usr/bin/false');
  expect([failed.code, failed.err]).toEqual([0, expect.stringContaining('the program ended with 1')]);
  const missing = await desk.nexus('pledge', 'suggest', '--', 'no-such-program');
  expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('Cannot run "no-such-program"')]);
});
