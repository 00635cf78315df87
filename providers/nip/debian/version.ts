/**
 * Debian's versions, `[epoch:]upstream[-revision]`, and their order (deb-version(7)): runs of non-digits and of digits in
 * turn; letters before all else, "~" before even the end; digits as numbers.
 */

/** Negative, zero or positive, as `left` is older, the same or newer. */
export function compareVersions(left: string, right: string): number {
  const [one, other] = [splitVersion(left), splitVersion(right)];
  return (
    compareNumbers(one.epoch, other.epoch) ||
    compareParts(one.upstream, other.upstream) ||
    compareParts(one.revision, other.revision)
  );
}

export type Relation = '<<' | '<=' | '=' | '>=' | '>>';

/** Whether a version holds a relation such as `>= 1.2`. */
export function holds(version: string, relation: Relation, wanted: string): boolean {
  const order = compareVersions(version, wanted);
  if (relation === '=') return order === 0;
  if (relation === '<<') return order < 0;
  if (relation === '>>') return order > 0;
  return relation === '<=' ? order <= 0 : order >= 0;
}

function splitVersion(text: string): { epoch: string; upstream: string; revision: string } {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? '0' : text.slice(0, colon),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

function compareParts(left: string, right: string): number {
  let [one, other] = [left, right];
  while (one !== '' || other !== '') {
    const [words, otherWords] = [leading(one, /^\D*/), leading(other, /^\D*/)];
    const order = compareWords(words, otherWords);
    if (order !== 0) return order;
    [one, other] = [one.slice(words.length), other.slice(otherWords.length)];
    const [digits, otherDigits] = [leading(one, /^\d*/), leading(other, /^\d*/)];
    const numeric = compareNumbers(digits, otherDigits);
    if (numeric !== 0) return numeric;
    [one, other] = [one.slice(digits.length), other.slice(otherDigits.length)];
  }
  return 0;
}

function leading(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[0] ?? '';
}

function compareWords(left: string, right: string): number {
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = weightOf(left[at]) - weightOf(right[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function weightOf(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}

/** Numbers of any length, as text. */
function compareNumbers(left: string, right: string): number {
  const [one, other] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')];
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : one > other ? 1 : 0;
}
