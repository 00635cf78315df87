import { App, Cell, NexusStack, Profile, Swarm, UtcpMesh } from 'nexus-factory';
import { nexusKdl, nexusOutput, nexusResource, nexusResources } from 'nexus-factory/testing';
import 'nexus-factory/testing/jest';

const stack = new NexusStack(new App(), 'swarm');
const hello = new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio', 'mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 3 });

expect(stack).toHaveNexusResourceCount('nexus_deployment', 3);
expect(stack).toHaveNexusResource('nexus_deployment', 'n-2', { mesh: 'alpha' });
expect(stack).toHaveNexusOutput('public_keys', expect.stringContaining('nexus_mesh.alpha.public_keys'));
expect(stack).toHaveNexusKdl('mesh-alpha.kdl', 'mesh "alpha" version=1 { member "hello"; }');
expect(nexusResource(stack, 'nexus_cell', 'hello').pledges).toEqual(['stdio', 'mesh']);
expect(Object.keys(nexusResources(stack, 'nexus_image'))).toEqual(['n']);
expect(nexusOutput(stack, 'described_release')).toContain('nexus_release.release.cid');
expect(nexusKdl(stack, 'system-n.kdl')).toContain('profile "tinybox"');
