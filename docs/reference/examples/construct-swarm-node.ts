import { TerraformOutput } from 'cdktf';
import { App, Cell, NexusStack, Profile, Swarm, UtcpMesh } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const hello = new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio', 'mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
const swarm = new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 2 });
const first = swarm.nodeAt(0);
first.addOverride('timeouts.create', '5m');
new TerraformOutput(stack, 'first', { value: first.cellId });
app.synth();
