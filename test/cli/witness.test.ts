/** `nexus witness`. test/e2e/witness.test.ts kills it. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  formatAddCheckpoint,
  formatCosignerKey,
  formatVerifierKey,
  parseCosignerKey,
} from '../../providers/provchain';
import { logKeyOf, policyOf, policyText, WordLog, wordsOf } from '../providers/provchain/witness-rig';
import { Desk } from './_io';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

const log = new WordLog(wordsOf(3));
const logKey = formatVerifierKey(log.key);

/** Until it says that it is ready. */
async function untilReady(): Promise<string> {
  while (!desk.out.endsWith('\n')) await new Promise((resolve) => setTimeout(resolve, 5));
  return desk.out;
}

test('it prints its line for a policy, cosigns, and ends in order by Ctrl-C', async () => {
  desk.write({ 'log.pub': `${logKey}\n`, 'my.policy': policyText(policyOf(logKeyOf(2))) });
  const running = desk.nexus(
    'witness',
    '--log',
    'log.pub',
    '--policy',
    'my.policy',
    '--listen',
    '127.0.0.1:0',
  );
  const [word, name = '', key = '', url = ''] = (await untilReady()).trimEnd().split(' ');
  expect(word).toBe('witness');
  const cosigner = parseCosignerKey(key);
  expect([cosigner.name, formatCosignerKey(cosigner)]).toEqual([`witness.localhost/${name}`, key]);
  const body = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: log.checkpoint(3) });
  const answer = await fetch(new URL('add-checkpoint', url), { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining(`— ${cosigner.name} `)]);
  desk.controller.abort();
  expect(await running).toMatchObject({
    code: 0,
    err: 'Cosigns 2 logs. The line above is its line in a policy.\n',
  });
  const keyFile = join(desk.stateDir, 'keys', 'witness.key');
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(desk.stateDir, 'keys', 'witness.pub'), 'utf8')).toBe(`${key}\n`);
});

test('its key is the same the next time, and as JSON its line is one value', async () => {
  const keys: string[] = [];
  for (const round of [1, 2]) {
    desk.controller = new AbortController();
    desk.out = '';
    const running = desk.nexus('witness', '--log', logKey, '--listen', '127.0.0.1:0', '--json');
    const said = JSON.parse(await untilReady()) as { url: string; verifierKey: string; logs: string[] };
    expect({ round, logs: said.logs }).toEqual({ round, logs: [log.key.name] });
    keys.push(said.verifierKey);
    desk.controller.abort();
    await running;
  }
  expect(keys[0]).toBe(keys[1]);
});

test.each([
  ['no log', [], 'Cannot be a witness: no log is named, expected --log KEY or --policy FILE'],
  ['a key that is none', ['--log', 'abc'], 'Cannot read verifier key "abc": wrong form'],
  ['a policy that is not there', ['--policy', 'none'], 'Cannot read policy "none": no such file'],
  [
    'a policy that is none',
    ['--policy', 'bad'],
    'bad:2:1 Cannot read a witness policy: "quibble", expected log',
  ],
  ['a place that is none', ['--log', logKey, '--listen', 'nowhere'], 'Cannot listen on "nowhere"'],
  ['a policy without logs', ['--policy', 'empty'], 'Cannot be a witness: no log is named'],
])('%s is an error of the command line, and nothing is made', async (_, argv, message) => {
  desk.write({ bad: 'quorum none\nquibble\n', empty: 'quorum none\n' });
  const { code, err } = await desk.nexus('witness', ...argv);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  expect(() => statSync(desk.stateDir)).toThrow();
});
