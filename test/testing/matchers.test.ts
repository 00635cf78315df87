/** The matchers and the serializer under Jest. test/docs/testing.test.ts runs them under Vitest. */
import '../../testing/jest';
import { Cell, type NexusStack } from '../../constructs';
import { kdlSerializer, nexusKdl, nexusOutput, nexusResource, nexusResources } from '../../testing';
import { addSwarm, createFixture, type Fixture } from '../constructs/_fixture';

let fixture: Fixture;
let stack: NexusStack;
beforeEach(() => {
  fixture = createFixture();
  stack = fixture.stack();
  addSwarm(stack, fixture.helloSource, 3);
});
afterEach(() => fixture.remove());

/** The message of an expectation that fails. */
function failureOf(expectation: () => void): string {
  try {
    expectation();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('The expectation holds');
}

test('a resource by type, by name and by attributes', () => {
  expect(stack).toHaveNexusResource('nexus_cell');
  expect(stack).toHaveNexusResource('nexus_cell', 'hello');
  expect(stack).toHaveNexusResource('nexus_cell', { stack_bytes: 4096 });
  expect(stack).toHaveNexusResource('nexus_deployment', 'n-1', { host: { memory_mib: 16 } });
  expect(stack).toHaveNexusResource('nexus_cell', 'hello', { pledges: expect.arrayContaining(['mesh']) });
  expect(stack).not.toHaveNexusResource('nexus_deployment', 'n-3');
  expect(stack).not.toHaveNexusResource('nexus_cell', 'hello', { stack_bytes: 8192 });
  expect(stack).not.toHaveNexusResource('terraform_data');
});

test('a preview that was made once can be looked at often', () => {
  const preview = stack.preview();
  expect(preview).toHaveNexusResourceCount('nexus_deployment', 3);
  expect(preview).toHaveNexusOutput('release');
});

test('a resource that is another is shown', () => {
  const message = failureOf(() =>
    expect(stack).toHaveNexusResource('nexus_cell', 'hello', { stack_bytes: 1 }),
  );
  expect(message).toContain('Expected the stack to have nexus_cell.hello with {"stack_bytes": 1}');
  expect(message).toContain('"stack_bytes": 4096');
});

test('counts and outputs say what there is', () => {
  expect(failureOf(() => expect(stack).toHaveNexusResourceCount('nexus_deployment', 2))).toContain(
    'Found: 3: n-0, n-1, n-2',
  );
  expect(failureOf(() => expect(stack).toHaveNexusOutput('relase'))).toContain('Did you mean "release"?');
  expect(failureOf(() => expect(stack).not.toHaveNexusOutput('release'))).toContain(
    'Expected the stack not to have output release',
  );
  expect(stack).not.toHaveNexusOutput('release', 'bafk');
});

test('KDL is compared by meaning', () => {
  const text = `// Reordered, with a default left out.
    system "n" version=1 {
      cell "hello" { stack-bytes 4096; pledge "mesh" "clock" "stdio"; source "cells/hello"; }
      profile "tinybox"
    }`;
  expect(stack).toHaveNexusKdl('system-n.kdl', text);
  expect(stack).not.toHaveNexusKdl('system-n.kdl', text.replace('4096', '8192'));
  expect(failureOf(() => expect(stack).toHaveNexusKdl('system-m.kdl', text))).toContain(
    'Cannot find KDL file "system-m.kdl"',
  );
});

test('a problem of the synth', () => {
  expect(stack).not.toHaveNexusProblem(/./);
  new Cell(stack, 'again', { name: 'hello', source: fixture.helloSource, pledges: [] });
  expect(stack).toHaveNexusProblem('[swarm/again] Cannot add cell "hello"');
  expect(stack).toHaveNexusProblem(/each name once/);
});

test('looking up gives the thing, or an error that names what there is', () => {
  expect(nexusResource(stack, 'nexus_mesh', 'alpha').nodes).toEqual(['n-0', 'n-1', 'n-2']);
  expect(Object.keys(nexusResources(stack, 'nexus_deployment'))).toHaveLength(3);
  expect(nexusOutput(stack, 'described_release')).toMatch(/nexus_release\.release\.cid/);
  expect(nexusKdl(stack, 'mesh-alpha.kdl')).toContain('member "hello"');
  expect(() => nexusResource(stack, 'nexus_deployment', 'n-4')).toThrow(
    'Cannot find resource "nexus_deployment.n-4": the stack has no such resource, expected one of n-0, n-1, n-2',
  );
  expect(() => nexusResource(stack, 'nexus_cell', 'toString')).toThrow('Cannot find resource');
});

test('a snapshot of KDL has its meaning', () => {
  expect(
    'mesh "alpha" version=1 { member "b"; /* a comment */ member "a"; allow "b" "a"; }',
  ).toMatchInlineSnapshot(`
    mesh "alpha" version=1 {
        member "a"
        member "b"
        allow "a" "b"
        hello-interval-ms 1000
        heartbeat-interval-ms 5000
    }
  `);
});

test.each(['', 'mesh', 'mesh "alpha"', 'system "n" {', 'a system "n"', 7, null])(
  '%j is no text of ours, and left to the runner',
  (value) => {
    expect(kdlSerializer.test(value)).toBe(false);
  },
);
