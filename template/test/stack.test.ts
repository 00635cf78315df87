/** Looks at what a synth would write. It starts no Terraform and takes milliseconds. */
import { App } from 'nexus-factory';
import { nexusKdl } from 'nexus-factory/testing';
import 'nexus-factory/testing/vitest';
import { expect, test } from 'vitest';
import { GreeterStack } from '../stack';

const stack = new GreeterStack(new App(), 'swarm').preview();

test('three nodes run one image in one mesh', () => {
  expect(stack).toHaveNexusResourceCount('nexus_image', 1);
  expect(stack).toHaveNexusResourceCount('nexus_deployment', 3);
  expect(stack).toHaveNexusResource('nexus_deployment', 'n-2', { mesh: 'alpha' });
});

test('the canary comes before the others', () => {
  expect(stack).toHaveNexusResource('nexus_deployment', 'n-1', {
    depends_on: ['terraform_data.rollout-wave-1'],
  });
  expect(stack).toHaveNexusResource('terraform_data', 'rollout-wave-1', {
    depends_on: ['nexus_deployment.n-0'],
  });
});

test('the reviewed contract: a change of its meaning is a change of the snapshot', () => {
  expect(nexusKdl(stack, 'system-n.kdl')).toMatchSnapshot();
  expect(nexusKdl(stack, 'mesh-alpha.kdl')).toMatchSnapshot();
});
