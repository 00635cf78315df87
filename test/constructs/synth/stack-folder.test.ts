import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  findProviderPackage,
  listCellSource,
  terraformPlatform,
  writeStackFolder,
} from '../../../constructs/synth';
import { NexusError } from '../../../model';
import { createFixture, type Fixture, readTree, writeTree } from '../_fixture';

let fixture: Fixture;
let folder: string;
beforeEach(() => {
  fixture = createFixture();
  folder = path.join(fixture.folder, 'stack');
  mkdirSync(folder);
});
afterEach(() => fixture.remove());

function write(
  cells: readonly string[] = ['hello'],
  kdl: Record<string, string> = { 'system-n.kdl': 'system\n' },
) {
  writeStackFolder(folder, {
    kdl: new Map(Object.entries(kdl)),
    cells: cells.map((name) => ({ name, source: fixture.helloSource })),
    providerPackage: fixture.providerPackage,
    requiredProviders: [],
  });
}

const packageFolder = () =>
  path.join(folder, `terraform.d/plugins/factory.nexus.internal/nexus/nexus/0.1.0/${terraformPlatform()}`);

test('the folder holds KDL, sources, the executable provider with its kernel, and the lock file', () => {
  write();
  expect(Object.keys(readTree(folder)).filter((name) => !name.startsWith('terraform.d'))).toEqual([
    '.terraform.lock.hcl',
    'cells/hello/lib/words.h',
    'cells/hello/main.c',
    'system-n.kdl',
  ]);
  expect(readTree(packageFolder())).toEqual({
    'kernel/main.c': '644 int main;\n',
    'package.json': '644 { "type": "commonjs" }\n',
    'terraform-provider-nexus_v0.1.0': '755 #!/usr/bin/env node\nprocess.exit(1);\n',
  });
});

test('what is stale goes, and what belongs to Terraform or the user stays', () => {
  write(['hello', 'old'], { 'system-n.kdl': '', 'mesh-old.kdl': '' });
  const plugins = path.join(folder, 'terraform.d/plugins');
  writeTree(plugins, { 'example.test/a/b/1.0.0/x': '', 'factory.nexus.internal/nexus/nexus/0.0.1/x/y': '' });
  writeTree(folder, { '.terraform/x': '', plan: '', 'notes.kdl': '' });
  write(['hello']);
  const names = Object.keys(readTree(folder));
  expect(names.filter((name) => name.includes('old') || name.includes('0.0.1'))).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(['.terraform/x', 'plan', 'notes.kdl']));
  expect(existsSync(path.join(plugins, 'example.test/a/b/1.0.0/x'))).toBe(true);
});

test('a second synth writes nothing', () => {
  write();
  const times = () =>
    Object.keys(readTree(folder)).map((name) => statSync(path.join(folder, name), { bigint: true }).mtimeNs);
  const before = times();
  write();
  expect(times()).toEqual(before);
});

test('a changed provider is laid again and gets another hash', () => {
  write();
  const before = readTree(folder)['.terraform.lock.hcl'];
  writeTree(fixture.providerPackage, { 'kernel/main.c': 'int other;\n' });
  write();
  expect(readTree(packageFolder())['kernel/main.c']).toBe('644 int other;\n');
  expect(readTree(folder)['.terraform.lock.hcl']).not.toBe(before);
});

test('a provider that was made unexecutable or was replaced by a link is mended', () => {
  write();
  const main = path.join(packageFolder(), 'terraform-provider-nexus_v0.1.0');
  rmSync(main);
  symlinkSync('/nowhere', main);
  write();
  expect(readTree(packageFolder())['terraform-provider-nexus_v0.1.0']).toMatch(/^755 /);
});

test('hidden files are left out, links and missing folders are refused', () => {
  writeTree(fixture.helloSource, { '.swap/main.c': '', '.hidden': '' });
  expect(listCellSource(fixture.helloSource).map(({ name }) => name)).toEqual(['lib/words.h', 'main.c']);
  symlinkSync('main.c', path.join(fixture.helloSource, 'link.c'));
  expect(() => listCellSource(fixture.helloSource)).toThrow(
    /link\.c": a symbolic link, expected a regular file/,
  );
  expect(() => listCellSource('/nowhere')).toThrow('Cannot read folder "/nowhere": no such folder');
});

test('a source folder that is too large is refused', () => {
  writeFileSync(path.join(fixture.helloSource, 'large.bin'), Buffer.alloc(33 * 1024 * 1024));
  expect(() => listCellSource(fixture.helloSource)).toThrow(/more than 33554432 bytes/);
});

test('a provider that is not built is refused with the command that builds it', () => {
  rmSync(path.join(fixture.providerPackage, 'terraform-provider-nexus.js'));
  const failed = catchError(() => write());
  expect(failed).toBeInstanceOf(NexusError);
  expect(failed).toMatchObject({ code: 'missing-provider', hint: expect.stringContaining('npm run build') });
});

function catchError(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}

test('the provider of this repository is found in dist when it is built', () => {
  const dist = path.join(__dirname, '../../../dist/provider');
  if (existsSync(path.join(dist, 'terraform-provider-nexus.js'))) expect(findProviderPackage()).toBe(dist);
  else expect(() => findProviderPackage()).toThrow('Cannot find the Terraform provider');
});

test('platforms have the names that Terraform gives them', () => {
  expect(terraformPlatform('linux', 'x64')).toBe('linux_amd64');
  expect(terraformPlatform('darwin', 'arm64')).toBe('darwin_arm64');
  expect(() => terraformPlatform('win32', 'x64')).toThrow('Cannot lay the provider for "win32 x64"');
});

test('the provider starts as it was built, also below a project of ES modules', () => {
  writeTree(fixture.folder, {
    'package.json': '{ "type": "module" }',
    'provider/terraform-provider-nexus.js':
      "#!/usr/bin/env node\nprocess.stdout.write(typeof require('node:fs').readFileSync);\n",
  });
  write();
  expect(
    execFileSync(path.join(packageFolder(), 'terraform-provider-nexus_v0.1.0'), { encoding: 'utf8' }),
  ).toBe('function');
});
