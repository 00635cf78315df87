/** A Debian repository: packages made by dpkg-deb, an index, an InRelease signed by GnuPG. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../../factory/_folders';
import { hexOf } from '../_files';
import type { TestSigner } from '../_gpg';

export interface MadeDeb {
  readonly name: string;
  readonly version?: string;
  /** Texts by path; a text that starts with "-> " is a link's target. */
  readonly files?: Readonly<Record<string, string>>;
  /** Lines of its control file, such as `Depends: a`. */
  readonly control?: string;
  readonly preinst?: string;
  /** `gzip`, `xz`, `zstd`, `none`. @default xz */
  readonly compression?: string;
}

/** Builds a .deb. @returns its bytes */
export function makeDeb(made: MadeDeb): Buffer {
  const { name, version = '1.0', files = {}, control = '', preinst, compression = 'xz' } = made;
  const folder = temporaryFolder();
  const root = join(folder, 'root');
  mkdirSync(join(root, 'DEBIAN'), { recursive: true });
  const fields = `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nMaintainer: Test <test@example.org>\n`;
  writeFileSync(
    join(root, 'DEBIAN/control'),
    `${fields}${control === '' ? '' : `${control}\n`}Description: About ${name}\n`,
  );
  if (preinst !== undefined) {
    writeFileSync(join(root, 'DEBIAN/preinst'), preinst);
    chmodSync(join(root, 'DEBIAN/preinst'), 0o755);
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(root, path));
    else writeFileSync(join(root, path), text);
  }
  chmodSync(root, 0o755);
  const file = join(folder, 'made.deb');
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', root, file], {
    stdio: 'pipe',
  });
  return readFileSync(file);
}

export interface RepositoryOptions {
  readonly validUntil?: string;
  readonly codename?: string;
  /** Changes the release's text before it is signed. @default as it is */
  readonly change?: (release: string) => string;
}

/** Writes `dists/bookworm` and `pool` for amd64. */
export function writeDebian(
  folder: string,
  debs: readonly MadeDeb[],
  signer: TestSigner,
  { validUntil, codename = 'bookworm', change = (text) => text }: RepositoryOptions = {},
): void {
  const stanzas = debs.map((made) => {
    const bytes = makeDeb(made);
    const path = `pool/main/${made.name}_${made.version ?? '1.0'}_amd64.deb`;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
    const head = `Package: ${made.name}\nVersion: ${made.version ?? '1.0'}\nArchitecture: amd64\n`;
    const control = made.control === undefined ? '' : `${made.control}\n`;
    return `${head}${control}Filename: ${path}\nSize: ${bytes.length}\nSHA256: ${hexOf('sha256', bytes)}\nInstalled-Size: 4\nDescription: About ${made.name}\n`;
  });
  const index = gzipSync(stanzas.join('\n'));
  const at = join(folder, 'dists/bookworm');
  const indexPath = 'main/binary-amd64/Packages.gz';
  const byHash = join(at, dirname(indexPath), 'by-hash/SHA256');
  mkdirSync(byHash, { recursive: true });
  writeFileSync(join(at, indexPath), index);
  writeFileSync(join(byHash, hexOf('sha256', index)), index);
  const until = validUntil === undefined ? '' : `Valid-Until: ${validUntil}\n`;
  const release = `Origin: Test\nSuite: oldstable\nCodename: ${codename}\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n${until}Acquire-By-Hash: yes\nSHA256:\n ${hexOf('sha256', index)} ${index.length} ${indexPath}\n`;
  writeFileSync(join(at, 'InRelease'), signer.clearSign(change(release)));
}
