/**
 * Versions of apk, and their order (apk-package(5)):
 *
 *     number{.number}{letter}{_suffix{number}}{~hash}{-rNUMBER}
 *
 * Read as a row of parts; where two rows differ in kind, a suffix that comes before a release (`_alpha` to `_rc`) is the
 * older, else the row whose next kind comes later in the pattern.
 */
type Kind =
  | 'first'
  | 'number'
  | 'letter'
  | 'suffix'
  | 'suffix-number'
  | 'hash'
  | 'revision'
  | 'end'
  | 'invalid';

interface Part {
  readonly kind: Kind;
  readonly text: string;
}

const kinds: readonly Kind[] = [
  'first',
  'number',
  'letter',
  'suffix',
  'suffix-number',
  'hash',
  'revision',
  'end',
  'invalid',
];
/** In their order; those before the empty one come before the release. */
const suffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const pattern =
  /^(\d+)((?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(~[0-9a-f]+)?(-r\d+)?$/;

/** Whether a text is a version. */
export function isApkVersion(text: string): boolean {
  return pattern.test(text);
}

/**
 * Negative, zero or positive, as `left` is older, the same or newer. @param isFuzzy whether a `right` that `left` only goes
 * on from is the same, as in `1.2~`
 */
export function compareApkVersions(left: string, right: string, isFuzzy = false): number {
  const [one, other] = [partsOf(left), partsOf(right)];
  for (let at = 0; ; at += 1) {
    const [mine, theirs] = [one[at] ?? end, other[at] ?? end];
    if (mine.kind !== theirs.kind) return isFuzzy && theirs.kind === 'end' ? 0 : compareKinds(mine, theirs);
    if (mine.kind === 'end') return 0;
    const order = compareTexts(mine, theirs);
    if (order !== 0) return order;
  }
}

const end: Part = { kind: 'end', text: '' };

function partsOf(version: string): readonly Part[] {
  const match = pattern.exec(version);
  if (match === null) return [{ kind: 'invalid', text: version }];
  const [, first = '', numbers = '', letter = '', suffixText = '', hash = '', revision = ''] = match;
  const part = (kind: Kind, text: string): Part[] => (text === '' ? [] : [{ kind, text }]);
  return [
    ...part('first', first),
    ...numbers.split('.').flatMap((each) => part('number', each)),
    ...part('letter', letter),
    ...suffixText.split('_').flatMap((each) => {
      const [, word = '', number = ''] = /^([a-z]*)(\d*)$/.exec(each) ?? [];
      return [...part('suffix', word), ...part('suffix-number', number)];
    }),
    ...part('hash', hash.slice(1)),
    ...part('revision', revision.slice(2)),
  ];
}

const isBeforeRelease = ({ kind, text }: Part): boolean =>
  kind === 'suffix' && suffixes.indexOf(text) < suffixes.indexOf('');

function compareKinds(mine: Part, theirs: Part): number {
  if (isBeforeRelease(mine)) return -1;
  if (isBeforeRelease(theirs)) return 1;
  return kinds.indexOf(theirs.kind) - kinds.indexOf(mine.kind);
}

function compareTexts({ kind, text: mine }: Part, { text: theirs }: Part): number {
  if (kind === 'suffix') return suffixes.indexOf(mine) - suffixes.indexOf(theirs);
  const hasLeadingZero = kind === 'number' && (mine.startsWith('0') || theirs.startsWith('0'));
  const isText = kind === 'letter' || kind === 'hash' || kind === 'invalid' || hasLeadingZero;
  const [one, other] = isText ? [mine, theirs] : [mine.replace(/^0+/, ''), theirs.replace(/^0+/, '')];
  if (!isText && one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : one > other ? 1 : 0;
}
