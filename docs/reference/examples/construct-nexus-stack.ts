import { App, NexusStack } from 'nexus-factory';

const app = new App();
new NexusStack(app, 'swarm', { stateDir: '.nexus' });
app.synth();
