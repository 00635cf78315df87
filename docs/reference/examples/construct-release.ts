import { App, Cell, Fleet, NexusStack, Profile, Release, Swarm, UtcpMesh } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const hello = new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio', 'mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
const swarm = new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 2 });
const release = Release.fromLedger('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku');
new Fleet(stack, 'behind', { swarms: [swarm], release });
app.synth();
