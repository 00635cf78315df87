import { App, Cell, Fleet, NexusStack, Profile, Swarm, UtcpMesh } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const hello = new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio', 'mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
const swarm = new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 5 });
new Fleet(stack, 'rollout', { swarms: [swarm], waves: [1, '50%'] });
app.synth();
