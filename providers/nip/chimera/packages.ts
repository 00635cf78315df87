/** The index of an apk v3 repository, an ADB of schema `indx`: description, packages, how a package's file is called. */
import type { Architecture } from '../../../model';
import { type ApkPackage, isSoundName } from '../apk/packages';
import type { ApkRelation } from '../apk/relation';
import { Adb, type AdbValue } from './adb';

/** Slots of a package's info; their numbers are the format's. */
const slot = {
  name: 1,
  version: 2,
  hashes: 3,
  description: 4,
  architecture: 5,
  license: 6,
  url: 9,
  installedSize: 12,
  fileSize: 13,
  priority: 14,
  depends: 15,
  provides: 16,
} as const;

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the format's own
const defaultPathTemplate = '${name}-${version}.apk';

/** The packages of an index; what is not whole is left out. @param folder of the index, below the mirror. @throws NexusError `bad-archive` */
export function* parseAdbIndex(
  bytes: Uint8Array,
  architecture: Architecture,
  folder: string,
  name: string,
): Generator<ApkPackage> {
  const adb = new Adb(bytes, name);
  const [, packages, template] = adb.slots(adb.root);
  const pathTemplate = adb.text(template) || defaultPathTemplate;
  for (const value of adb.slots(packages)) {
    const found = packageOf(adb, adb.slots(value), architecture, folder, pathTemplate);
    if (found !== undefined) yield found;
  }
}

function packageOf(
  adb: Adb,
  info: readonly AdbValue[],
  architecture: Architecture,
  folder: string,
  template: string,
): ApkPackage | undefined {
  const at = (number: number): AdbValue | undefined => info[number - 1];
  const text = (number: number): string => adb.text(at(number));
  const [name, version, identity] = [text(slot.name), text(slot.version), adb.blob(at(slot.hashes))];
  const sizeBytes = adb.number(at(slot.fileSize));
  const file = fileName(template, { name, version, arch: text(slot.architecture) });
  if (!isSoundName(name, version) || identity?.length !== 32 || sizeBytes === 0 || file === undefined)
    return undefined;
  return {
    adapter: 'chimera',
    name,
    version,
    architecture: text(slot.architecture) === 'noarch' ? 'all' : architecture,
    path: `${folder}/${file}`,
    sizeBytes,
    summary: text(slot.description),
    installedSizeBytes: adb.number(at(slot.installedSize)),
    homepage: text(slot.url) || undefined,
    section: undefined,
    license: text(slot.license) || undefined,
    identity,
    depends: relationsOf(adb, at(slot.depends)),
    provides: relationsOf(adb, at(slot.provides)),
    priority: adb.number(at(slot.priority)),
  };
}

/** `${name}` and the like, `${name:3}` for as many letters (apk-mkndx(8)); undefined for what cannot be a path. */
function fileName(template: string, words: Readonly<Record<string, string>>): string | undefined {
  const path = template.replace(/\$\{([a-z]+)(?::(\d+))?\}/g, (_, word: string, length?: string) =>
    (words[word] ?? '$').slice(0, length === undefined ? undefined : Number(length)),
  );
  return /^(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9+._~:/-]{1,500}$/.test(path) ? path : undefined;
}

/** Bits of a relation's third slot. */
const operators: readonly (readonly [number, string])[] = [
  [2, '<'],
  [4, '>'],
  [1, '='],
  [8, '~'],
];
const conflictBit = 16;

function relationsOf(adb: Adb, value: AdbValue | undefined): readonly ApkRelation[] {
  return adb.slots(value).map((each) => {
    const [name, version, match] = adb.slots(each);
    const bits = adb.number(match) || 1;
    const operator = operators.flatMap(([bit, sign]) => ((bits & bit) === 0 ? [] : [sign])).join('');
    const wanted = adb.text(version);
    return {
      name: adb.text(name),
      isConflict: (bits & conflictBit) !== 0,
      version: wanted === '' ? undefined : { operator: operator || '=', wanted },
    };
  });
}
