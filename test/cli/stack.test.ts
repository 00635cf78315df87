/** Finding a stack, and its pin. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findStack, readPin, writePin } from '../../cli/stack';
import { cidOfRaw } from '../../model';
import { Desk, root } from './_io';

let desk: Desk;
const release = cidOfRaw(Buffer.from('a release'));
const json = readFileSync(join(root, 'test/golden/tinybox-swarm/cdk.tf.json'), 'utf8');
const out = (): string => join(desk.folder, 'cdktf.out');
beforeEach(() => {
  desk = new Desk();
  desk.write({ 'cdktf.out/stacks/swarm/cdk.tf.json': json, 'cdktf.out/stacks/other/cdk.tf.json': '{}' });
});
afterEach(() => desk.remove());

test('the only stack with our provider is found, with its nodes and its state folder', () => {
  expect(findStack(out())).toEqual({
    name: 'swarm',
    folder: join(out(), 'stacks/swarm'),
    stateDir: desk.stateDir,
    nodes: ['n-0', 'n-1', 'n-2'],
  });
});

test('several stacks have to be told apart', () => {
  desk.write({ 'cdktf.out/stacks/second/cdk.tf.json': json });
  expect(() => findStack(out())).toThrow(/there are second, swarm/);
  expect(findStack(out(), 'second').name).toBe('second');
  expect(() => findStack(out(), 'third')).toThrow(/Cannot find stack "third".*there is second, swarm/);
});

test('no stack at all, and one that cannot be read', () => {
  expect(() => findStack(join(desk.folder, 'none'))).toThrow(/none there uses the Nexus provider/);
  desk.write({ 'cdktf.out/stacks/swarm/cdk.tf.json': '{' });
  expect(() => findStack(out())).toThrow(/not JSON/);
});

test('a pin is written whole, read back and taken away', async () => {
  const stack = findStack(out());
  expect(readPin(stack)).toBeUndefined();
  await writePin(stack, release);
  expect(readPin(stack)).toBe(release);
  expect(readdirSync(stack.folder).sort()).toEqual(['cdk.tf.json', 'nexus.auto.tfvars.json']);
  await writePin(stack, undefined);
  await writePin(stack, undefined);
  expect(existsSync(join(stack.folder, 'nexus.auto.tfvars.json'))).toBe(false);
});

test('a pin that somebody edited is refused', () => {
  desk.write({ 'cdktf.out/stacks/swarm/nexus.auto.tfvars.json': '{"releases":1}' });
  expect(() => readPin(findStack(out()))).toThrow(/no text "release" in it/);
});
