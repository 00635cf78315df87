/** Debian packages made by dpkg-deb, in a folder that serves as a mirror. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PinnedPackage } from '../../../../model';
import { temporaryFolder } from '../_folders';

export interface PackageFiles {
  /** Path to text; a text that begins with "-> " is a link. */
  readonly [path: string]: string;
}

/** A package in a mirror's folder, pinned. Its maintainer script would leave a mark if anybody ran it. */
export function makePackage(
  mirror: string,
  name: string,
  files: PackageFiles,
  version = '1.0-1',
): PinnedPackage {
  const tree = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(tree, path));
    else writeFileSync(join(tree, path), text, { mode: path.includes('bin/') ? 0o755 : 0o644 });
  }
  mkdirSync(join(tree, 'DEBIAN'));
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nMaintainer: Nobody <nobody@localhost>\nDescription: a test\n`,
  );
  writeFileSync(join(tree, 'DEBIAN/preinst'), `#!/bin/sh\ntouch ${mirror}/somebody-ran-a-script\n`);
  chmodSync(join(tree, 'DEBIAN/preinst'), 0o755);
  const path = `pool/${name}_${version}_amd64.deb`;
  mkdirSync(join(mirror, 'pool'), { recursive: true });
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-b', tree, join(mirror, path)], { stdio: 'pipe' });
  const bytes = readFileSync(join(mirror, path));
  return {
    adapter: 'debian',
    name,
    version,
    architecture: 'x86_64',
    path,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
