import { App, Cell, NexusStack } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
new Cell(stack, 'hello', { source: 'cells/hello', pledges: ['stdio', 'clock'], stackBytes: 8192 });
app.synth();
