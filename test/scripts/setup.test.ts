import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(__dirname, '../..');

/** The set-up runs as a user who can install nothing, and so is told what to install. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** Runs the set-up with only these programs to be found. */
function setUp(programs: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-setup-'));
  chmodSync(folder, 0o755);
  try {
    for (const program of programs) symlinkSync(which(program), join(folder, program));
    return spawnSync(process.execPath, ['scripts/setup.mjs', '--system-only'], {
      cwd: root,
      env: { PATH: folder, ...env },
      encoding: 'utf8',
      ...nobody,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function which(program: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const { stdout } = spawnSync('sh', ['-c', `command -v ${program}`], {
    env: { PATH: folders.join(delimiter) },
    encoding: 'utf8',
  });
  return stdout.trim();
}

const systemPrograms = [
  'clang-19',
  'ld.lld-19',
  'llvm-objcopy-19',
  'qemu-system-riscv64',
  'mksquashfs',
  'qemu-system-x86_64',
  'strace',
  'spin',
  'ssh-agent',
  'openssl',
  'gpgv',
  'gpg',
  'gpg-agent',
  'signify-openbsd',
  'docker-registry',
  'xz',
  'zstd',
  'go',
];

test('without Terraform it says what to install, and where to find it', () => {
  const { status, stderr } = setUp(systemPrograms);
  expect(stderr).toContain('neither terraform nor tofu is in PATH');
  expect(stderr).toContain('Install Terraform 1.11 or later');
  expect(status).toBe(1);
});

test('without the system packages it names them all in one command', () => {
  const { status, stderr } = setUp(['strace']);
  expect(stderr).toContain('sudo apt-get install clang-19 lld-19 llvm-19 qemu-system-misc');
  expect(status).toBe(1);
});
