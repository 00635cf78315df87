import { Aspects } from 'cdktf';
import { App, Cell, NexusStack, Policies, Profile, Swarm, UtcpMesh } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const hello = new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio', 'mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh });
Aspects.of(stack).add(Policies.everyCellPledged());
Aspects.of(stack).add(Policies.imagesUnderBudget({ recordedSizes: { n: 20_112 } }));
Aspects.of(stack).add(Policies.noFloatingVersion());
app.synth();
