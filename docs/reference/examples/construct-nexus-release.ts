import { App, NexusRelease, NexusStack } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
new NexusRelease(stack, 'recorded', {
  name: 'swarm',
  systems: { n: 'system "n" version=1 { profile "tinybox"; cell "hello" { source "cells/hello"; }; }' },
  images: { n: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' },
  meshes: { alpha: 'mesh "alpha" version=1 { member "hello"; }' },
  placement: { 'n-0': { host: 'local', image: 'n', mesh: 'alpha' } },
});
app.synth();
