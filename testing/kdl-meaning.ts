/** KDL by what it means: order, comments, layout and defaults left out are no difference. */
import { formatMesh, formatSystem, parseMesh, parseSystem } from '../model';

/** Whether a text looks like one of our two files. */
export function isOurKdl(text: string): boolean {
  return rootNameOf(text) !== undefined;
}

/** The one way to write what the text means. @throws NexusError with line and column */
export function canonicalKdl(text: string): string {
  return rootNameOf(text) === 'mesh'
    ? formatMesh(parseMesh(text, 'mesh.kdl'))
    : formatSystem(parseSystem(text, 'system.kdl'));
}

/** The first word behind comments. */
function rootNameOf(text: string): 'system' | 'mesh' | undefined {
  const start = text.replace(/^(?:\s+|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)+/, '');
  const name = /^(system|mesh)\s+"/.exec(start)?.[1];
  return name === 'system' || name === 'mesh' ? name : undefined;
}
