import { App, Cell, NexusStack, Profile, Swarm, UtcpMesh } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const sensor = new Cell(stack, 'sensor', { source: 'cells/hello', pledges: ['mesh'] });
const store = new Cell(stack, 'store', { source: 'cells/hello', pledges: ['mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [sensor, store], helloIntervalMs: 500 });
mesh.allow(sensor, store);
new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [sensor, store], mesh });
app.synth();
