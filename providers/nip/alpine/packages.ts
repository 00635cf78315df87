/**
 * `APKINDEX`: one stanza a package, one letter a field, an empty line between (apk-package(5)).
 *
 *     P:name   V:version   A:architecture   S:size   I:installed size   T:summary   U:homepage   L:license
 *     D:what it needs   p:what it provides   k:priority as a provider   C:Q1 and base64 of the control part's SHA-1
 */
import type { Architecture } from '../../../model';
import { type ApkPackage, isSoundName } from '../apk/packages';
import { parseApkRelations } from '../apk/relation';

/** The packages of an index; what is not whole is left out. @param folder of the packages, below the mirror */
export function* parseApkIndex(
  text: string,
  architecture: Architecture,
  folder: string,
): Generator<ApkPackage> {
  for (const stanza of text.split('\n\n')) {
    const fields = new Map(stanza.split('\n').map((line) => [line.slice(0, 1), line.slice(2)]));
    const found = packageOf(fields, architecture, folder);
    if (found !== undefined) yield found;
  }
}

function packageOf(
  fields: ReadonlyMap<string, string>,
  architecture: Architecture,
  folder: string,
): ApkPackage | undefined {
  const get = (letter: string): string => fields.get(letter) ?? '';
  const [name, version, identity] = [get('P'), get('V'), parseIdentity(get('C'))];
  const sizeBytes = Number(get('S'));
  if (
    !isSoundName(name, version) ||
    identity === undefined ||
    !Number.isSafeInteger(sizeBytes) ||
    sizeBytes <= 0
  )
    return undefined;
  const installed = Number(fields.get('I') ?? Number.NaN);
  return {
    adapter: 'alpine',
    name,
    version,
    architecture: get('A') === 'noarch' ? 'all' : architecture,
    path: `${folder}/${name}-${version}.apk`,
    sizeBytes,
    summary: get('T'),
    installedSizeBytes: Number.isSafeInteger(installed) ? installed : undefined,
    homepage: fields.get('U'),
    section: undefined,
    license: fields.get('L'),
    identity,
    depends: parseApkRelations(get('D')),
    provides: parseApkRelations(get('p')),
    priority: Number.parseInt(get('k'), 10) || 0,
  };
}

/** `Q1` is SHA-1, `Q2` SHA-256. */
function parseIdentity(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Buffer.from(text.slice(2), 'base64'));
  const sizeBytes = { Q1: 20, Q2: 32 }[text.slice(0, 2)];
  return bytes.length === sizeBytes ? bytes : undefined;
}
