/** Nexbox for real: built from the live mirror, booted, a C program compiled and run in it. */
import { type BuiltProfile, buildProfile, LinuxMachine, testShell } from '../support/linux';

jest.setTimeout(900_000);

let built: BuiltProfile;
let machine: LinuxMachine | undefined;

beforeAll(async () => {
  built = await buildProfile('nexbox', [testShell('stty', 'terminal')]);
  machine = await LinuxMachine.boot({ image: built.image, store: built.factory.store, memoryMib: 2048 });
});
const run = (command: string) => {
  if (machine === undefined) throw new Error('the machine has not started');
  return machine.run(command);
};
afterAll(() => machine?.stop());

test('all parts of the image together keep to 150 MiB', () => {
  expect(built.image.sizeBytes).toBeLessThanOrEqual(150 * 1024 * 1024);
});

test('it compiles and runs a C program', async () => {
  const program = 'int main(void) { return printf("6 x 7 = %d\\n", 6 * 7) < 0; }';
  await run(`printf '%s\\n' '#include <stdio.h>' '${program}' > /tmp/main.c`);
  expect(await run('cc -O2 -Wall -o /tmp/main /tmp/main.c 2>&1')).toEqual({ status: 0, output: '' });
  expect(await run('/tmp/main')).toEqual({ status: 0, output: '6 x 7 = 42\n' });
});

test('git commits, python computes, vim edits', async () => {
  const git = 'git --no-pager -C /tmp/r -c user.name=n -c user.email=n@example.org';
  const commit = await run(
    `git init -q /tmp/r && cp /tmp/main.c /tmp/r && ${git} add . && ${git} commit -qm first && ${git} log --format=%s`,
  );
  expect(commit).toEqual({ status: 0, output: 'first\n' });
  expect(await run(`python3 -c 'import json, ssl; print(json.dumps(2 ** 64))' 2>&1`)).toEqual({
    status: 0,
    output: '18446744073709551616\n',
  });
  await run(`vim -es -u NONE -c '%s/6/7/g' -c 'wq' /tmp/main.c`);
  expect((await run('cat /tmp/main.c')).output).toContain('7 * 7');
});

test('its ssh server answers with a host key that this start has made', async () => {
  const wait =
    'for i in $(seq 100); do ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | grep . && break; sleep 0.3; done';
  expect((await run(wait)).output).toMatch(/^127\.0\.0\.1 ssh-ed25519 AAAA/m);
});
