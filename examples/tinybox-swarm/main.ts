/**
 * Three equal nodes on this machine. Each boots one image, with the cell of `cells/hello` in it, and they greet each
 * other over the mesh "alpha".
 *
 *     npx cdktf deploy
 */
import path from 'node:path';
import { App, Cell, NexusStack, Profile, QemuHost, Swarm, UtcpMesh } from 'nexus-factory';

const app = new App();
const stack = new NexusStack(app, 'swarm');

const hello = new Cell(stack, 'hello', {
  source: path.join(__dirname, 'cells/hello'),
  pledges: ['stdio', 'clock', 'mesh'],
});

const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });

new Swarm(stack, 'n', {
  profile: Profile.tinybox(),
  cells: [hello],
  mesh,
  host: QemuHost.local(),
  nodes: 3,
});

app.synth();
