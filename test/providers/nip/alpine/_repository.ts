/** An Alpine repository as abuild and `apk index` publish it: gzip members, signed with RSA and SHA-1. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type TarEntry, tarOf } from '../_files';

export interface MadeKey {
  readonly privateKey: KeyObject;
  /** PEM, in a file whose name the signatures say. */
  readonly file: string;
  readonly name: string;
}

export function makeKey(folder: string, name = 'test@example.org-1.rsa.pub'): MadeKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = join(folder, name);
  writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }));
  return { privateKey, file, name };
}

/** A gzip member with a tar that lacks its end, as it goes on in the next. */
async function openMember(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = await tarOf(entries);
  return gzipSync(tar.subarray(0, tar.length - 1024));
}

function signatureOf(member: Uint8Array, { privateKey, name }: MadeKey): Promise<Buffer> {
  return openMember([{ name: `.SIGN.RSA.${name}`, bytes: sign('sha1', member, privateKey) }]);
}

export interface MadePackage {
  readonly name: string;
  readonly version: string;
  readonly files: readonly TarEntry[];
  readonly depends?: readonly string[];
  readonly provides?: readonly string[];
  readonly script?: string;
  /** Other lines of its stanza. @default none */
  readonly lines?: string;
}

/** The package's bytes and its identity. */
export async function makeApk(made: MadePackage, key: MadeKey): Promise<{ bytes: Buffer; identity: string }> {
  const data = gzipSync(await tarOf(made.files));
  const info = [
    `pkgname = ${made.name}`,
    `pkgver = ${made.version}`,
    `datahash = ${createHash('sha256').update(data).digest('hex')}`,
  ];
  const scripts = made.script === undefined ? [] : [{ name: '.pre-install', mode: 0o755, text: made.script }];
  const control = await openMember([{ name: '.PKGINFO', text: `${info.join('\n')}\n` }, ...scripts]);
  const signature = await signatureOf(control, key);
  const identity = `Q1${createHash('sha1').update(control).digest('base64')}`;
  return { bytes: Buffer.concat([signature, control, data]), identity };
}

/** Writes a repository of one component and architecture. */
export async function writeAlpine(
  folder: string,
  packages: readonly MadePackage[],
  key: MadeKey,
): Promise<void> {
  const at = join(folder, 'v3.20/main/x86_64');
  mkdirSync(at, { recursive: true });
  const stanzas: string[] = [];
  for (const made of packages) {
    const { bytes, identity } = await makeApk(made, key);
    writeFileSync(join(at, `${made.name}-${made.version}.apk`), bytes);
    const { name, version, depends = [], provides = [], lines } = made;
    stanzas.push(
      [
        `C:${identity}`,
        `P:${name}`,
        `V:${version}`,
        'A:x86_64',
        `S:${bytes.length}`,
        'I:100',
        `T:About ${name}`,
        'L:MIT',
      ]
        .concat(
          depends.length > 0 ? `D:${depends.join(' ')}` : [],
          provides.length > 0 ? `p:${provides.join(' ')}` : [],
        )
        .concat(lines ?? [])
        .join('\n'),
    );
  }
  const index = gzipSync(
    await tarOf([
      { name: 'DESCRIPTION', text: 'made by a test' },
      { name: 'APKINDEX', text: `${stanzas.join('\n\n')}\n\n` },
    ]),
  );
  writeFileSync(join(at, 'APKINDEX.tar.gz'), Buffer.concat([await signatureOf(index, key), index]));
}
