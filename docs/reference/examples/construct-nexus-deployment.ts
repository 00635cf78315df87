import { App, NexusDeployment, NexusMesh, NexusStack } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const mesh = new NexusMesh(stack, 'mesh', {
  name: 'alpha',
  definition: 'mesh "alpha" version=1 { member "hello"; }',
  nodes: ['n-0'],
});
new NexusDeployment(stack, 'first', {
  node: 'n-0',
  release: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
  mesh: 'alpha',
  peers: mesh.publicKeys,
  host: { name: 'local', memoryMib: 32 },
});
app.synth();
