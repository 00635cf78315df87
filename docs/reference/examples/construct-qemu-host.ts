import { App, Cell, NexusStack, Profile, QemuHost, Swarm, UtcpMesh } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const hello = new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio', 'mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
const host = QemuHost.local({ memoryMib: 32 });
new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, host });
app.synth();
