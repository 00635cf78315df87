import { App, NexusCell, NexusStack } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
new NexusCell(stack, 'by-hand', { name: 'by-hand', source: '../../../cells/hello', pledges: ['stdio'] });
app.synth();
