/** "Did you mean": the known word nearest to a misspelt one, for hints. */

/** The candidate within two edits of `word`, the nearest first; undefined when none is that near. */
export function findNearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= 2 && distance < candidate.length)
    .sort((left, right) => left.distance - right.distance);
  return ranked[0]?.candidate;
}

/** The hint for an unknown word: the nearest one when there is one, else the whole list. */
export function suggest(word: string, candidates: readonly string[]): string {
  const nearest = findNearest(word, candidates);
  return nearest === undefined ? `Use one of: ${candidates.join(', ')}.` : `Did you mean "${nearest}"?`;
}

/** Levenshtein distance by rows. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (row[column - 1] ?? 0) + (letter === right[column - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
