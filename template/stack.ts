/** Three equal nodes on this machine, which greet each other over one mesh and get a release in two waves. */
import path from 'node:path';
import { Aspects } from 'cdktf';
import {
  type App,
  Cell,
  Fleet,
  NexusStack,
  Policies,
  Profile,
  QemuHost,
  Swarm,
  UtcpMesh,
} from 'nexus-factory';

export class GreeterStack extends NexusStack {
  constructor(app: App, id: string) {
    super(app, id);

    const hello = new Cell(this, 'hello', {
      source: path.join(__dirname, 'cells/hello'),
      pledges: ['stdio', 'clock', 'mesh'],
    });
    const mesh = new UtcpMesh(this, 'alpha', { members: [hello] });
    const swarm = new Swarm(this, 'n', {
      profile: Profile.tinybox(),
      cells: [hello],
      mesh,
      host: QemuHost.local(),
      nodes: 3,
    });
    // One canary, then the others: a release that does not prove itself stops at the first node.
    new Fleet(this, 'rollout', { swarms: [swarm], waves: [1] });

    Aspects.of(this).add(Policies.everyCellPledged());
    Aspects.of(this).add(Policies.imagesUnderBudget());
    Aspects.of(this).add(Policies.noFloatingVersion());
  }
}
