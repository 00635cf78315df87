/** Resources of other providers beside ours: the null provider's prebuilt bindings. */
import { NullProvider } from '@cdktf/provider-null/lib/provider';
import { Resource as NullResource } from '@cdktf/provider-null/lib/resource';
import { Construct } from 'constructs';
import type { App, NexusStack } from '../../constructs';
import { addSwarm, createFixture, type Fixture, type Parts, readStack } from './_fixture';

let fixture: Fixture;
let app: App;
let stack: NexusStack;
let parts: Parts;
beforeEach(() => {
  fixture = createFixture();
  app = fixture.app();
  stack = fixture.stack(app);
  parts = addSwarm(stack, fixture.helloSource, 2);
  new NullProvider(stack, 'null');
});
afterEach(() => fixture.remove());

const expression = (text: string) => `\${${text}}`;

test('a NullResource depends on a deployment, in dependsOn or by what it reads of it', () => {
  const node = parts.swarm.nodeAt(1);
  new NullResource(stack, 'after', { dependsOn: [node], triggers: { boot: node.resource.bootCid } });
  app.synth();
  expect(readStack(fixture).resource.null_resource?.after).toMatchObject({
    depends_on: ['nexus_deployment.n-1'],
    triggers: { boot: expression('nexus_deployment.n-1.boot_cid') },
  });
});

test('addDependency of a construct with a NullResource in it orders it after the whole swarm', () => {
  const group = new Construct(stack, 'group');
  new NullResource(group, 'inside');
  group.node.addDependency(parts.swarm);
  app.synth();
  const [inside] = Object.values(readStack(fixture).resource.null_resource ?? {});
  expect(inside?.depends_on).toEqual(['nexus_image.n', 'nexus_deployment.n-0', 'nexus_deployment.n-1']);
});

test('a deployment depends on a NullResource', () => {
  parts.swarm.node.addDependency(new NullResource(stack, 'before'));
  app.synth();
  expect(readStack(fixture).resource.nexus_deployment?.['n-0']?.depends_on).toEqual(['null_resource.before']);
});
