import { App, Cell, NexusStack } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const hello = new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio'] });
hello.resource.addOverride('stack_bytes', 6144);
app.synth();
