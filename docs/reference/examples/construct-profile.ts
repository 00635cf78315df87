import { App, Cell, NexusStack, Profile, Swarm, UtcpMesh } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const hello = new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio', 'mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh });
app.synth();
