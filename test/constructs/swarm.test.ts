import path from 'node:path';
import { LocalBackend, S3Backend, TerraformResource, Testing } from 'cdktf';
import { Construct } from 'constructs';
import { type App, Cell, type NexusStack, Profile, QemuHost, Swarm, UtcpMesh } from '../../constructs';
import { addSwarm, createFixture, type Fixture, readStack, readTree, stackFolder } from './_fixture';

let fixture: Fixture;
let app: App;
let stack: NexusStack;
beforeEach(() => {
  fixture = createFixture();
  app = fixture.app();
  stack = fixture.stack(app);
});
afterEach(() => fixture.remove());

/** An expression as the Terraform JSON holds it. */
const terraform = (expression: string) => `\${${expression}}`;

class Other extends TerraformResource {
  constructor(scope: Construct, id: string, dependsOn: { readonly fqn: string }[] = []) {
    super(scope, id, { terraformResourceType: 'terraform_data', dependsOn });
  }
}

test('one image, one release, and one deployment for each node', () => {
  addSwarm(stack, fixture.helloSource, 3);
  app.synth();
  const { resource } = readStack(fixture);
  expect(Object.entries(resource).map(([type, all]) => [type, Object.keys(all)])).toEqual([
    ['nexus_cell', ['hello']],
    ['nexus_deployment', ['n-0', 'n-1', 'n-2']],
    ['nexus_image', ['n']],
    ['nexus_mesh', ['alpha']],
    ['nexus_release', ['release']],
  ]);
  expect(resource.nexus_mesh?.alpha?.nodes).toEqual(['n-0', 'n-1', 'n-2']);
});

test('a deployment runs the release of the variable, or else the one of the code', () => {
  addSwarm(stack, fixture.helloSource, 1);
  app.synth();
  const { resource, variable, output } = readStack(fixture);
  const expression = terraform('(var.release == "") ? nexus_release.release.cid : var.release');
  expect(resource.nexus_deployment?.['n-0']).toMatchObject({
    node: 'n-0',
    release: expression,
    mesh: 'alpha',
    peers: terraform('nexus_mesh.alpha.public_keys'),
    host: { name: 'local', memory_mib: 16, accelerator: 'tcg' },
  });
  expect(variable.release).toMatchObject({ type: 'string', default: '' });
  expect(output.release?.value).toBe(expression);
  expect(output.public_keys?.value).toBe(terraform('nexus_mesh.alpha.public_keys'));
});

test('an older release in code is the default of the variable', () => {
  const release = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
  const old = fixture.stack(fixture.app(), { release });
  addSwarm(old, fixture.helloSource, 1);
  expect(JSON.parse(Testing.synth(old)).variable.release.default).toBe(release);
});

test('the release holds all swarms of the stack', () => {
  const { hello, mesh } = addSwarm(stack, fixture.helloSource, 1);
  const quiet = new Cell(stack, 'quiet', { source: fixture.helloSource, pledges: [] });
  const beta = new UtcpMesh(stack, 'beta', { members: [quiet] });
  const host = QemuHost.local({ memoryMib: 32 });
  new Swarm(stack, 'a', { profile: Profile.tinybox(), cells: [quiet, hello], mesh: beta, host });
  new Swarm(stack, 'm', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 2 });
  app.synth();
  const release = readStack(fixture).resource.nexus_release?.release;
  expect(release).toMatchObject({
    systems: {
      a: terraform('file("system-a.kdl")'),
      m: terraform('file("system-m.kdl")'),
      n: terraform('file("system-n.kdl")'),
    },
    images: { a: terraform('nexus_image.a.image_cid') },
    meshes: { alpha: terraform('file("mesh-alpha.kdl")'), beta: terraform('file("mesh-beta.kdl")') },
    placement: { 'a-0': { host: 'local', image: 'a', mesh: 'beta' }, 'm-1': { image: 'm', mesh: 'alpha' } },
  });
  expect(readStack(fixture).output.cell_ids?.value).toBe(
    terraform('merge(nexus_mesh.alpha.cell_ids, nexus_mesh.beta.cell_ids)'),
  );
  expect(readTree(stackFolder(fixture))['system-a.kdl']).toMatch(/cell "hello"[\s\S]*cell "quiet"/);
});

test('a stack without a swarm declares no release', () => {
  new Cell(stack, 'hello', { source: fixture.helloSource, pledges: [] });
  app.synth();
  expect(readStack(fixture).variable).toBeUndefined();
  expect(stack.release).toBeUndefined();
});

test('paths are relative to the stack folder: state folder, backend and sources', () => {
  addSwarm(stack, fixture.helloSource);
  app.synth();
  const { provider, terraform, resource } = readStack(fixture);
  expect(provider.nexus?.[0]?.state_dir).toBe('../../../.nexus');
  expect(resource.nexus_cell?.hello?.source).toBe('cells/hello');
  const backend = terraform.backend.local?.path;
  expect(path.resolve(stackFolder(fixture), String(backend))).toBe(path.resolve('terraform.swarm.tfstate'));
  expect(path.isAbsolute(String(backend))).toBe(false);
});

test("a backend of the user's own is the one that counts", () => {
  new S3Backend(stack, { bucket: 'b', key: 'k', region: 'r' });
  addSwarm(stack, fixture.helloSource);
  app.synth();
  expect(Object.keys(readStack(fixture).terraform.backend)).toEqual(['s3']);
  const local = fixture.stack(fixture.app());
  const own = new LocalBackend(local, { path: 'here' });
  expect(local.ensureBackendExists()).toBe(own);
});

test('overrides reach the Terraform JSON', () => {
  const { hello, swarm } = addSwarm(stack, fixture.helloSource);
  hello.resource.addOverride('stack_bytes', 8192);
  swarm.nodeAt(0).resource.addOverride('timeouts.create', '5m');
  stack.provider.addOverride('state_dir', '/elsewhere');
  app.synth();
  const { resource, provider } = readStack(fixture);
  expect(resource.nexus_cell?.hello?.stack_bytes).toBe(8192);
  expect(resource.nexus_deployment?.['n-0']?.timeouts).toEqual({ create: '5m' });
  expect(provider.nexus?.[0]?.state_dir).toBe('/elsewhere');
});

test('any resource can depend on a cell, a mesh or a node', () => {
  const { hello, mesh, swarm } = addSwarm(stack, fixture.helloSource);
  new Other(stack, 'after', [hello, mesh, swarm.nodeAt(1)]);
  app.synth();
  expect(readStack(fixture).resource.terraform_data?.after?.depends_on).toEqual([
    'nexus_cell.hello',
    'nexus_mesh.alpha',
    'nexus_deployment.n-1',
  ]);
});

test('addDependency of any construct orders all resources inside, once', () => {
  const { swarm, hello } = addSwarm(stack, fixture.helloSource);
  const group = new Construct(stack, 'group');
  new Other(group, 'inside');
  group.node.addDependency(swarm);
  hello.node.addDependency(new Other(stack, 'before'));
  app.synth();
  app.synth();
  const { resource } = readStack(fixture);
  const [inside] = Object.entries(resource.terraform_data ?? {}).filter(([id]) => id.startsWith('group'));
  expect(inside?.[1].depends_on).toEqual(['nexus_image.n', 'nexus_deployment.n-0', 'nexus_deployment.n-1']);
  expect(resource.nexus_cell?.hello?.depends_on).toEqual(['terraform_data.before']);
});

test('a node that the swarm does not have is refused with its place', () => {
  const { swarm } = addSwarm(stack, fixture.helloSource);
  expect(() => swarm.nodeAt(2)).toThrow(
    'Cannot find node 2 of swarm "n": it has 2, expected a number from 0',
  );
});

test('constructs may stand anywhere in the stack, their names in Terraform stay', () => {
  const group = new Construct(stack, 'group');
  new Cell(group, 'hello', { source: fixture.helloSource, pledges: [] });
  app.synth();
  expect(Object.keys(readStack(fixture).resource.nexus_cell ?? {})).toEqual(['hello']);
});

test('the HCL form has the same values', () => {
  addSwarm(stack, fixture.helloSource);
  const hcl = Testing.synthHcl(stack);
  expect(hcl).toContain('resource "nexus_deployment" "n-0"');
  expect(hcl).toContain(`system = "${terraform('file("system-n.kdl")')}"`);
  expect(hcl).toMatch(/pledges\s+= \[\s*"stdio",\s*"clock",\s*"mesh"/);
});

test('a profile tells its budget', () => {
  expect(Profile.tinybox()).toMatchObject({ name: 'tinybox', budgetBytes: 32_768 });
});
