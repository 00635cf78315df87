/**
 * Lays the Terraform provider into a stack's folder, where Terraform finds it without a registry:
 *
 *     terraform.d/plugins/HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/terraform-provider-TYPE_vVERSION
 *
 * beside it `kernel/`, the sources that it compiles, and a `package.json`.
 * https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NexusError, providerAddress, providerVersion } from '../../model';
import { type FileContent, listFiles, syncFolder } from './files';
import { hashPackage } from './package-hash';

const builtMainFile = 'terraform-provider-nexus.js';
const limits = { filesMax: 5_000, sizeBytesMax: 256 * 1024 * 1024 };

/**
 * The folder of the built provider: beside the bundle of this library, or in `dist/` when it runs from its sources.
 * @throws NexusError `missing-provider`
 */
export function findProviderPackage(): string {
  const candidates = [path.join(__dirname, 'provider'), path.join(__dirname, '../../dist/provider')];
  const found = candidates.find((folder) => existsSync(path.join(folder, builtMainFile)));
  return found ?? failMissing(candidates[1] ?? '');
}

function failMissing(folder: string): never {
  throw new NexusError(
    'missing-provider',
    `Cannot find the Terraform provider in "${folder}": no ${builtMainFile}, expected the built provider`,
    { hint: 'Run `npm run build` in the folder of nexus-factory.' },
  );
}

/**
 * Copies the provider below `stackFolder`, unless it is there already; other versions of it are removed.
 * @returns the `h1:` hash of the package, for the lock file
 */
export function layProvider(builtFolder: string, stackFolder: string, platform: string): string {
  const files = readPackage(builtFolder);
  const mirror = path.join(stackFolder, 'terraform.d/plugins', providerAddress);
  const folder = path.posix.join(providerVersion, platform);
  syncFolder(mirror, new Map([...files].map(([name, content]) => [path.posix.join(folder, name), content])));
  return hashPackage([...files].map(([name, { bytes }]) => ({ name, bytes })));
}

function readPackage(builtFolder: string): ReadonlyMap<string, FileContent> {
  if (!existsSync(path.join(builtFolder, builtMainFile))) failMissing(builtFolder);
  const files = new Map<string, FileContent>([['package.json', packageScope]]);
  for (const { name } of listFiles(builtFolder, limits)) {
    const target = packageName(name);
    if (target !== undefined) files.set(target, readContent(path.join(builtFolder, name), name));
  }
  return files;
}

/**
 * The main file has no suffix, and Node reads such a file as an ES module when a folder above it, the user's
 * project for example, says `"type": "module"`. This one is nearer.
 */
const packageScope: FileContent = { bytes: Buffer.from('{ "type": "commonjs" }\n') };

/** Terraform starts the first file whose name begins like the provider's, so there may be only one. */
function packageName(builtName: string): string | undefined {
  if (builtName === builtMainFile) return `terraform-provider-nexus_v${providerVersion}`;
  return builtName.startsWith('terraform-provider-nexus') ? undefined : builtName;
}

function readContent(file: string, builtName: string): FileContent {
  return { bytes: readFileSync(file), mode: builtName === builtMainFile ? 0o755 : 0o644 };
}

const systems: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', freebsd: 'freebsd' };
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  riscv64: 'riscv64',
};

/**
 * Terraform's name of the machine that synthesizes, like `linux_amd64`: the same machine runs Terraform.
 * @throws NexusError `unknown-platform`
 */
export function terraformPlatform(
  system: string = process.platform,
  architecture: string = process.arch,
): string {
  const os = systems[system];
  const arch = architectures[architecture];
  if (os !== undefined && arch !== undefined) return `${os}_${arch}`;
  throw new NexusError(
    'unknown-platform',
    `Cannot lay the provider for "${system} ${architecture}": the provider runs on ${Object.keys(systems).join(', ')}`,
    { hint: 'Synthesize on Linux or macOS.' },
  );
}
