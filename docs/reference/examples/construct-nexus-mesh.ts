import { App, NexusMesh, NexusStack } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
new NexusMesh(stack, 'mesh', {
  name: 'alpha',
  definition: 'mesh "alpha" version=1 { member "hello"; }',
  nodes: ['n-0', 'n-1'],
});
app.synth();
