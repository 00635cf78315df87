/**
 * The terms of a text. Lexical, and no more: words in lower case without accents, an English plural as its singular,
 * small words left out. The text of a package and the words of a search go the same way.
 */
const smallWords = new Set(
  'a an and are as at be by can for from has in into is it its of on or that the this to used using via with your'.split(
    ' ',
  ),
);
const termLengthMax = 40;
const termsMax = 400;

/** In the order of the text, with repetitions. */
export function termsOf(text: string): readonly string[] {
  const words = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return (words ?? [])
    .slice(0, termsMax)
    .filter((word) => !smallWords.has(word) && word.length <= termLengthMax)
    .map(singular);
}

/** `servers` as `server`, `libraries` as `library`, `boxes` as `box`; `class`, `status` and `analysis` stay. */
function singular(word: string): string {
  if (word.length < 4 || !/^[a-z]+s$/.test(word) || /(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies')) return word.length > 4 ? `${word.slice(0, -3)}y` : word;
  if (/(x|ch|sh|ss)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

/** A word of its name says more of a package than one of its summary. */
const nameWeight = 2;

/** The whole name as a term of its own, which no word is: who asks for it by name finds it first. */
export function nameTerm(name: string): string {
  return `=${name.trim().toLowerCase()}`;
}

/** How often a term counts for a package; the name's words count twice. */
export function weightedTerms(name: string, summary: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>([[nameTerm(name), nameWeight]]);
  const add = (term: string, weight: number): void =>
    void weights.set(term, (weights.get(term) ?? 0) + weight);
  for (const term of termsOf(name)) add(term, nameWeight);
  for (const term of termsOf(summary)) add(term, 1);
  return weights;
}
