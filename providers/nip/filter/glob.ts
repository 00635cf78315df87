/**
 * Patterns of paths: `*` is any part of a name, `**` any number of folders, `?` one character; all else is itself. A
 * pattern that names a folder names all below it.
 *
 *     usr/share/doc/**      all below usr/share/doc
 *     usr/lib/*.a           static libraries right in usr/lib
 *     **\/__pycache__        such a folder anywhere, and all in it
 */

/** Whether a path, or a folder above it, is named by one of the patterns; a leading "/" means nothing. */
export function createMatcher(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => false;
  const source = patterns.map((pattern) => sourceOf(pattern.replace(/^\/+|\/+$/g, ''))).join('|');
  const compiled = new RegExp(`^(?:${source})(?:/|$)`);
  return (path) => compiled.test(path);
}

function sourceOf(pattern: string): string {
  return pattern.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '**/') return '(?:[^/]+/)*';
    if (part === '**') return '.+';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
}
