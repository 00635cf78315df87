/** Values that Terraform knows only later: taken where they may stand, refused where the synth writes them. */
import { Fn, TerraformVariable } from 'cdktf';
import { Cell, type NexusStack, Profile, QemuHost, Release, Swarm, UtcpMesh } from '../../constructs';
import { addSwarm, createFixture, type Fixture } from './_fixture';
import { problemsOf } from './_problems';

let fixture: Fixture;
let stack: NexusStack;
beforeEach(() => {
  fixture = createFixture();
  stack = fixture.stack();
});
afterEach(() => fixture.remove());

const terraform = (expression: string) => `\${${expression}}`;
const variable = (name: string) => new TerraformVariable(stack, name, {});

test('memory and accelerator of a host, and the state folder', () => {
  const { hello, mesh } = addSwarm(stack, fixture.helloSource, 1);
  const host = QemuHost.local({
    memoryMib: variable('memory').numberValue,
    accelerator: variable('kind').value,
  });
  new Swarm(stack, 'm', { profile: Profile.tinybox(), cells: [hello], mesh, host });
  const { resource } = stack.preview().terraform;
  expect(resource?.nexus_deployment).toMatchObject({
    'm-0': { host: { memory_mib: terraform('var.memory'), accelerator: terraform('var.kind') } },
  });
  const later = fixture.stack(fixture.app(), { stateDir: terraform('path.root') });
  addSwarm(later, fixture.helloSource, 1);
  expect(later.preview().terraform.provider?.nexus).toEqual([{ state_dir: terraform('path.root') }]);
});

test('a release: it stands beside the variable, whose default must be a constant', () => {
  const later = fixture.stack(fixture.app(), {
    release: Release.fromLedger(Fn.trimspace(Fn.file('release.txt'))),
  });
  addSwarm(later, fixture.helloSource, 1);
  const { resource, variable: variables } = later.preview().terraform;
  expect(variables?.release).toMatchObject({ default: '' });
  expect(resource?.nexus_deployment).toMatchObject({
    'n-0': { release: terraform('(var.release == "") ? trimspace(file("release.txt")) : var.release') },
  });
});

test('what stands in KDL or in a name is refused, each by its prop', () => {
  const text = variable('text').stringValue;
  const number = variable('number').numberValue;
  const hello = new Cell(stack, 'hello', {
    source: fixture.helloSource,
    pledges: variable('list').listValue as never,
    stackBytes: number,
  });
  const mesh = new UtcpMesh(stack, 'alpha', { members: [hello], helloIntervalMs: number });
  const swarm = { profile: Profile.tinybox(), cells: [hello], mesh };
  new Swarm(stack, 'n', { ...swarm, nodes: number });
  new Swarm(stack, 'm', { ...swarm, hosts: [QemuHost.named(text)] });
  const problems = problemsOf(stack).filter((line) => line.startsWith('['));
  const later = (place: string, prop: string, file: string) =>
    `[swarm/${place}] Cannot write ${prop} into ${file}: Terraform knows it only later, expected a value at synth`;
  expect(problems).toEqual([
    later('hello', 'pledges', 'system.kdl'),
    later('hello', 'stackBytes', 'system.kdl'),
    later('alpha', 'helloIntervalMs', 'mesh.kdl'),
    later('n', 'nodes', 'the stack'),
    later('m', 'hosts.0', 'the stack'),
  ]);
});
