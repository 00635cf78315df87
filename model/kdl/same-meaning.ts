/** Whether two KDL texts say the same: layout, comments and the order of nodes mean nothing. */
import { formatMesh, parseMesh } from './mesh-kdl';
import { formatSystem, parseSystem } from './system-kdl';

export function sameSystem(left: string, right: string): boolean {
  return sameText(left, right, (text) => formatSystem(parseSystem(text, 'system')));
}

export function sameMesh(left: string, right: string): boolean {
  return sameText(left, right, (text) => formatMesh(parseMesh(text, 'mesh')));
}

/** A text that cannot be read means only itself. */
function sameText(left: string, right: string, canonical: (text: string) => string): boolean {
  if (left === right) return true;
  try {
    return canonical(left) === canonical(right);
  } catch {
    return false;
  }
}

/** The same for maps of texts: the same names, and under each what means the same. */
export function sameTexts(
  same: (left: string, right: string) => boolean,
): (left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>) => boolean {
  return (left, right) => {
    const names = Object.keys(left);
    if (names.length !== Object.keys(right).length) return false;
    return names.every((name) => {
      const [one, other] = [left[name], right[name]];
      return one !== undefined && other !== undefined && same(one, other);
    });
  };
}
