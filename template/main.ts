/** What `cdktf` runs: every stack of this repository. */
import { App } from 'nexus-factory';
import { GreeterStack } from './stack';

const app = new App();
new GreeterStack(app, 'swarm');
app.synth();
