import { App, NexusStack } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
stack.provider.addOverride('state_dir', '/srv/nexus');
app.synth();
