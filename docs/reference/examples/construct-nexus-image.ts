import { App, NexusCell, NexusImage, NexusStack } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');
const cell = new NexusCell(stack, 'by-hand', {
  name: 'by-hand',
  source: '../../../cells/hello',
  pledges: ['stdio'],
});
new NexusImage(stack, 'image', {
  name: 'n',
  system: 'system "n" version=1 { profile "tinybox"; cell "by-hand" { source "cells/hello"; }; }',
  cells: { 'by-hand': cell.variantCid },
});
app.synth();
