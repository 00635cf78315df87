/**
 * What a package needs: `a (>= 1) | b:any, c [amd64]`. Groups apart by commas, of which each needs one of its
 * alternatives (deb-control(5), section 7 of the policy).
 */
import type { Relation } from './version';

export interface Alternative {
  readonly name: string;
  /** Undefined when any version will do. */
  readonly version: { readonly relation: Relation; readonly wanted: string } | undefined;
}

/** The first that can be had will do. */
export type Group = readonly Alternative[];

const pattern = /^([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s()]+)\s*\))?$/;

/** The groups of a field. A part that cannot be read stands for a package that nobody has. */
export function parseRelations(field: string): readonly Group[] {
  return field
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '')
    .map((group) => group.split('|').map((part) => parseAlternative(part.trim())));
}

function parseAlternative(text: string): Alternative {
  const [, name = text, relation, wanted] = pattern.exec(text) ?? [];
  return { name, version: isRelation(relation) && wanted !== undefined ? { relation, wanted } : undefined };
}

function isRelation(text: string | undefined): text is Relation {
  return text !== undefined;
}

/** As the field had it. */
export function formatAlternative({ name, version }: Alternative): string {
  return version === undefined ? name : `${name} (${version.relation} ${version.wanted})`;
}
