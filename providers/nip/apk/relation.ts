/**
 * What an apk needs, provides or cannot stand: `[!]name[op version]`, where the operator is made of `<`, `>`, `=` and `~`
 * (any version that begins so). Names may say what they are of: `so:libc.so.6`, `cmd:sh`, `pc:zlib`.
 */
import { compareApkVersions } from './version';

export interface ApkRelation {
  readonly name: string;
  /** Whether it must not be there. */
  readonly isConflict: boolean;
  /** Undefined when any version will do. */
  readonly version: { readonly operator: string; readonly wanted: string } | undefined;
}

const pattern = /^(!?)([^\s<>=~!@]+)(?:@[^\s<>=~]+)?(?:([<>=~]+)([^\s<>=~]+))?$/;

/** The relations of a field, apart by spaces. A part that cannot be read stands for a package that nobody has. */
export function parseApkRelations(field: string): readonly ApkRelation[] {
  return field
    .split(/\s+/)
    .filter((text) => text !== '')
    .map(parseApkRelation);
}

/** Inverse: {@link formatApkRelation}. */
export function parseApkRelation(text: string): ApkRelation {
  const [, mark, name = text, operator, wanted] = pattern.exec(text) ?? [];
  const version = operator === undefined || wanted === undefined ? undefined : { operator, wanted };
  return { name, isConflict: mark === '!', version };
}

/** Inverse of {@link parseApkRelation}. */
export function formatApkRelation({ name, isConflict, version }: ApkRelation): string {
  return `${isConflict ? '!' : ''}${name}${version === undefined ? '' : `${version.operator}${version.wanted}`}`;
}

/** Whether a version is one that is wanted; no version at all satisfies only who wants none. */
export function isVersionWanted(current: string | undefined, { version }: ApkRelation): boolean {
  if (version === undefined) return true;
  if (current === undefined) return false;
  const order = compareApkVersions(current, version.wanted, version.operator.includes('~'));
  if (order === 0) return /[=~]/.test(version.operator);
  return version.operator.includes(order < 0 ? '<' : '>');
}
