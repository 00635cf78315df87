/**
 * `nexus rollback` up to Terraform and after it, with a program in Terraform's place that notes how it was called.
 * The demo (test/e2e/demo.test.ts) rolls real nodes back with the real one.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { providerAddress } from '../../model';
import {
  bundlePrograms,
  cleanUp,
  makeWorkFolder,
  type Programs,
  processesBelow,
  until,
} from '../providers/deploy/_rig';
import { Desk } from './_io';
import { recordRelease } from './_ledger';
import { deploySwarm, nodes, type Swarm } from './_nodes';

let programs: Programs;
let desk: Desk;
let swarm: Swarm;

beforeAll(async () => {
  programs = bundlePrograms();
  desk = new Desk(makeWorkFolder());
  desk.hostdEntry = programs.hostd;
  desk.env = { ...desk.env, TERRAFORM_BINARY_NAME: './terraform' };
  desk.write({ 'cdktf.out/stacks/swarm/cdk.tf.json': JSON.stringify(stackJson) });
  swarm = await deploySwarm(desk, programs);
});
afterAll(async () => {
  await cleanUp(desk.folder);
  expect([processesBelow(desk.folder), existsSync(desk.folder)]).toEqual([[], false]);
  rmSync(programs.folder, { recursive: true, force: true });
});
beforeEach(() => {
  rmSync(pinFile(), { force: true });
  mkdirSync(stackFile('.terraform'), { recursive: true });
  terraformThat('exit 0');
});

const stackJson = {
  terraform: { required_providers: { nexus: { source: providerAddress } } },
  provider: { nexus: [{ state_dir: '../../../.nexus' }] },
  resource: { nexus_deployment: Object.fromEntries(nodes.map((node) => [node, { node }])) },
};
const stackFile = (name: string): string => join(desk.folder, 'cdktf.out/stacks/swarm', name);
const pinFile = (): string => stackFile('nexus.auto.tfvars.json');
const pin = (): string => JSON.parse(readFileSync(pinFile(), 'utf8')).release;

function terraformThat(does: string): void {
  desk.write({ terraform: `#!/bin/sh\npwd\necho "$@" in automation $TF_IN_AUTOMATION\n${does}\n` });
  chmodSync(join(desk.folder, 'terraform'), 0o755);
}

async function rollbackRecords(): Promise<readonly unknown[]> {
  const { records } = await desk.json<{ records: readonly unknown[] }>('log', '--kind', 'rollback');
  return records;
}

test('nodes that run the release already are converged all the same, pinned and proved', async () => {
  const { code, out, err } = await desk.nexus('rollback', swarm.release);
  expect(code).toBe(0);
  expect(err).toContain('The nodes run release');
  expect(err).toContain(`${stackFile('')}`.replace(/\/$/, '\n'));
  expect(err).toContain('apply -auto-approve -input=false -no-color in automation 1\n');
  expect(out).toBe(
    `2 nodes of stack "swarm" proved to run release ${swarm.release}.\n` +
      'The stack stays there until `nexus rollback --clear`.\n',
  );
  expect(pin()).toBe(swarm.release);
  expect(await rollbackRecords()).toEqual([]);
  expect((await desk.nexus('status')).out).toMatch(
    /\nStack "swarm" is pinned to release bafkrei….{6}; `nexus rollback --clear`/,
  );
});

test('what Terraform says well is not believed before the nodes prove it; the pin and the record stand', async () => {
  const older = await recordRelease(swarm.client, 'older', nodes);
  const { code, out, err } = await desk.nexus('rollback', older, '--reason', 'n1 overheats');
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(
    `Cannot say that every node runs release ${older}: n1 is running with release ${swarm.release}`,
  );
  expect(pin()).toBe(older);
  const predicate = { from: swarm.release, to: older, reason: 'n1 overheats', at: expect.any(String) };
  expect(await rollbackRecords()).toMatchObject([{ kind: 'rollback', statement: { predicate } }]);
});

test('a release below the floor is refused with the reason, before anything is touched', async () => {
  const [low, high] = [
    await recordRelease(swarm.client, 'floored', nodes),
    await recordRelease(swarm.client, 'floored', [...nodes, 'another']),
  ];
  await desk.nexus('floor', 'raise', high, '--reason', 'hole in n');
  const before = await rollbackRecords();
  const { code, out, err } = await desk.nexus('rollback', low);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(
    /^nexus: Cannot roll back to release ".*": it is older than release ".*", the lowest of "floored" that record \d+ allows \("hole in n"\)\n {2}hint: /,
  );
  expect(err).not.toContain('automation');
  expect([existsSync(pinFile()), await rollbackRecords()]).toEqual([false, before]);
  expect((await desk.nexus('rollback', high)).err).toContain('apply -auto-approve');
});

test.each(['init', 'apply'])('a failed %s leaves the pin and says how to go on', async (step) => {
  terraformThat(`[ "$1" != ${step} ]`);
  const { code, err } = await desk.nexus('rollback', swarm.release);
  expect(code).toBe(1);
  expect(err).toContain(`nexus: Cannot apply stack "swarm": \`terraform ${step}\` ended with 1\n`);
  expect(err).toContain(`hint: The pin stands: go on with \`nexus rollback ${swarm.release}\``);
  expect(pin()).toBe(swarm.release);
});

test('--clear takes the pin away and applies', async () => {
  await desk.nexus('rollback', swarm.release);
  const { code, out, err } = await desk.nexus('rollback', '--clear');
  expect(code).toBe(0);
  expect(err).toContain(`Stack "swarm" is no longer pinned to release ${swarm.release}`);
  expect(out).toContain('which its code describes');
  expect(existsSync(pinFile())).toBe(false);
  const again = await desk.json<{ nodes: unknown }>('rollback', '--clear');
  expect(again).toMatchObject({ code: 0, stack: 'swarm', from: [swarm.release], to: null, record: null });
  expect(again.nodes).toMatchObject(
    nodes.map((node) => ({ node, status: 'running', release: swarm.release })),
  );
});

test('Ctrl-C asks Terraform once to stop, waits for its end, and says that the pin stands', async () => {
  terraformThat(
    'trap "echo stopping >> signals; sleep 0.2; echo stopped >> signals; exit 1" INT\n' +
      'echo at work\nwhile true; do sleep 0.05; done',
  );
  const ended = desk.nexus('rollback', swarm.release);
  await until(() => desk.err.includes('at work'));
  desk.controller.abort();
  const { code, err } = await ended;
  desk.controller = new AbortController();
  expect(code).toBe(130);
  expect(err).toContain('nexus: Interrupted while Terraform was at work\n  hint: The pin stands');
  expect(readFileSync(stackFile('signals'), 'utf8')).toBe('stopping\nstopped\n');
});

describe('nothing is touched when', () => {
  afterEach(() => expect(existsSync(pinFile())).toBe(false));
  const refusal = async (...argv: string[]): Promise<string> => {
    const { code, out, err } = await desk.nexus('rollback', ...argv);
    expect([code, out]).toEqual([2, '']);
    return err;
  };

  test('neither a CID nor --clear is given, or both', async () => {
    expect(await refusal()).toContain('neither a CID nor --clear given');
    expect(await refusal(swarm.release, '--clear')).toContain('a CID and --clear given');
  });

  test('the CID is none, or not that of a release', async () => {
    expect(await refusal('bafk')).toContain('Cannot read CID "bafk"');
    expect(await refusal(swarm.image)).toContain('the ledger has no such record');
    const { records } = await desk.json<{ records: { cid: string }[] }>('log', '--kind', 'boot');
    expect(await refusal(records[0]?.cid ?? '')).toContain('boot/v1, expected a release');
  });

  test('the release does not place every node', async () => {
    const smaller = await recordRelease(swarm.client, 'smaller', ['n1']);
    expect(await refusal(smaller)).toContain('it does not say what runs on n2, only on n1');
  });

  test('the stack is not known, not set up, or of another state folder', async () => {
    expect(await refusal(swarm.release, '--out', 'elsewhere')).toContain('Cannot find a stack in');
    expect(await refusal(swarm.release, '--stack', 'other')).toContain('Cannot find stack "other"');
    expect(await refusal(swarm.release, '--state', 'elsewhere')).toContain('Leave --state out');
    rmSync(stackFile('.terraform'), { recursive: true });
    expect(await refusal(swarm.release)).toContain('hint: Run `cdktf deploy` once');
  });

  test('there is no Terraform', async () => {
    rmSync(join(desk.folder, 'terraform'));
    expect(await refusal(swarm.release)).toContain('Cannot find ./terraform');
  });
});
