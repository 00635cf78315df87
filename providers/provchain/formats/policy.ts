/**
 * Trust policies, https://c2sp.org/tlog-policy: which logs are known, which witnesses, and how many of these must have
 * cosigned a checkpoint before it counts. One line an item, words apart by spaces and tabs, `#` begins a comment:
 *
 *     log provchain.localhost/5f0c8a1e+c1790fcb+AQ…
 *     witness north witness.localhost/2f0c8a1e+8f0e9a3c+BA… https://north.example/
 *     witness south witness.localhost/77e01b92+03b1c2d4+BA… https://south.example/
 *     witness east  witness.localhost/b0a4d711+41c8e2f0+BA… https://east.example/
 *     group two 2 north south east
 *     quorum two
 *
 * A group counts as a witness when so many of its members do: a number, `any` or `all`. It names what stands above it,
 * and a name is a member of one group at most. `quorum none` asks for no witness. A URL is that before
 * `add-checkpoint`; only who collects cosignatures needs it.
 *
 * The file is octets, of which only ASCII is understood. Names and URLs are held as they stand, one character an
 * octet (latin1); the keys in it are UTF-8, as in notes.
 */
import { NexusError, type Place, quote } from '../../../model';
import { formatCosignerKey, parseCosignerKey } from './cosignature';
import { formatVerifierKey, type NoteVerifier, parseVerifierKey } from './note';

export interface PolicyLog {
  readonly verifier: NoteVerifier;
  readonly url?: string;
}

export interface PolicyWitness {
  /** Meant for this policy only. */
  readonly name: string;
  readonly cosigner: NoteVerifier;
  readonly url?: string;
}

export interface PolicyGroup {
  readonly name: string;
  /** How many members must have witnessed: from 1 to all of them. */
  readonly threshold: number;
  /** Witnesses, and groups above this one. */
  readonly members: readonly string[];
}

export interface Policy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** The witness or group that a checkpoint must have, or `none`. */
  readonly quorum: string;
}

export const noQuorum = 'none';
export const policySizeBytesMax = 256 * 1024;
/** Of logs, of witnesses and of groups each: a note holds 64 signatures, one of them the log's. */
export const policyItemCountMax = 63;

/** The file. Inverse: {@link parsePolicy}, which forgets comments and in what order logs and witnesses stood. */
export function formatPolicy({ logs, witnesses, groups, quorum }: Policy): Uint8Array {
  const lines = [
    ...logs.map(({ verifier, url }) => ['log', octets(formatVerifierKey(verifier)), url]),
    ...witnesses.map(({ name, cosigner, url }) => [
      'witness',
      name,
      octets(formatCosignerKey(cosigner)),
      url,
    ]),
    ...groups.map(({ name, threshold, members }) => ['group', name, String(threshold), ...members]),
    ['quorum', quorum],
  ];
  const text = lines.map((words) => `${words.filter((word) => word !== undefined).join(' ')}\n`).join('');
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

const octets = (text: string): string => Buffer.from(text).toString('latin1');
/** Octets as a reader wants to see them. */
const shown = (word: string): string => quote(Buffer.from(word, 'latin1').toString());

/**
 * Inverse of {@link formatPolicy}; reads all other spellings too.
 * @param file what errors call it @throws NexusError `bad-policy` with line and column
 */
export function parsePolicy(bytes: Uint8Array, file = 'policy'): Policy {
  const reader = new PolicyReader(file);
  if (bytes.length > policySizeBytesMax)
    throw badPolicy(`${bytes.length} bytes, expected at most ${policySizeBytesMax}`, { file });
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  if (lines.pop() !== '') throw badPolicy('its last line has no end', { file, line: lines.length + 1 });
  for (const [at, line] of lines.entries()) reader.take(line, at + 1);
  return reader.end(lines.length);
}

/** A word and where it stands. */
interface Word {
  readonly text: string;
  readonly place: Place;
}

class PolicyReader {
  readonly #file: string;
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #names = new Set<string>();
  /** Names that are in a group. */
  readonly #members = new Set<string>();
  #quorum: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  take(line: string, number: number): void {
    const control = /[^\t\x20-\x7e\x80-\xff]/.exec(line);
    if (control !== null)
      throw badPolicy('a control character', { file: this.#file, line: number, column: control.index + 1 });
    if (/^[ \t]*(#|$)/.test(line)) return;
    const [keyword, ...words] = [...line.matchAll(/[^ \t]+/g)].map(({ 0: text, index }) => ({
      text,
      place: { file: this.#file, line: number, column: index + 1 },
    }));
    if (keyword !== undefined) this.#takeItem(keyword, words);
  }

  #takeItem(keyword: Word, words: readonly Word[]): void {
    if (keyword.text === 'log') this.#takeLog(keyword, words);
    else if (keyword.text === 'witness') this.#takeWitness(keyword, words);
    else if (keyword.text === 'group') this.#takeGroup(keyword, words);
    else if (keyword.text === 'quorum') this.#takeQuorum(keyword, words);
    else throw badPolicy(`${shown(keyword.text)}, expected log, witness, group or quorum`, keyword.place);
  }

  #takeLog(keyword: Word, [key, url, ...rest]: readonly Word[]): void {
    if (key === undefined || rest.length > 0) throw badForm(keyword, 'log KEY [URL]');
    const verifier = readKey(key, parseVerifierKey);
    refuseDuplicate(
      verifier,
      this.#logs.map((log) => log.verifier),
      key.place,
    );
    add(this.#logs, { verifier, ...(url && { url: url.text }) }, keyword);
  }

  #takeWitness(keyword: Word, [name, key, url, ...rest]: readonly Word[]): void {
    if (name === undefined || key === undefined || rest.length > 0)
      throw badForm(keyword, 'witness NAME KEY [URL]');
    this.#define(name);
    const cosigner = readKey(key, parseCosignerKey);
    refuseDuplicate(
      cosigner,
      this.#witnesses.map((witness) => witness.cosigner),
      key.place,
    );
    add(this.#witnesses, { name: name.text, cosigner, ...(url && { url: url.text }) }, keyword);
  }

  #takeGroup(keyword: Word, [name, count, ...members]: readonly Word[]): void {
    if (name === undefined || count === undefined || members.length === 0)
      throw badForm(keyword, 'group NAME all|any|COUNT MEMBER…');
    for (const member of members) this.#join(member);
    this.#define(name);
    const threshold = readThreshold(count, members.length);
    add(this.#groups, { name: name.text, threshold, members: members.map(({ text }) => text) }, keyword);
  }

  #takeQuorum(keyword: Word, [name, ...rest]: readonly Word[]): void {
    if (name === undefined || rest.length > 0) throw badForm(keyword, 'quorum NAME');
    if (this.#quorum !== undefined) throw badPolicy('a second quorum, expected one', keyword.place);
    if (name.text !== noQuorum) this.#requireDefined(name);
    this.#quorum = name.text;
  }

  #define({ text, place }: Word): void {
    if (text === noQuorum) throw badPolicy(`the name "${noQuorum}", which means no witness at all`, place);
    if (this.#names.has(text)) throw badPolicy(`a second ${shown(text)}`, place);
    this.#names.add(text);
  }

  #join(member: Word): void {
    this.#requireDefined(member);
    if (this.#members.has(member.text))
      throw badPolicy(`${shown(member.text)} a second time, expected in one group at most`, member.place);
    this.#members.add(member.text);
  }

  #requireDefined({ text, place }: Word): void {
    if (this.#names.has(text)) return;
    throw badPolicy(`${shown(text)}, expected a witness or group of a line above`, place);
  }

  end(lineCount: number): Policy {
    if (this.#quorum === undefined)
      throw badPolicy(`no quorum, expected a line "quorum NAME"`, { file: this.#file, line: lineCount + 1 });
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }
}

function add<Item>(items: Item[], item: Item, keyword: Word): void {
  if (items.length >= policyItemCountMax)
    throw badPolicy(`more than ${policyItemCountMax} lines "${keyword.text}"`, keyword.place);
  items.push(item);
}

/** A key is UTF-8. */
function readKey({ text, place }: Word, parse: (line: string) => NoteVerifier): NoteVerifier {
  const line = Buffer.from(text, 'latin1').toString();
  try {
    if (octets(line) !== text) throw new NexusError('bad-verifier-key', 'not UTF-8');
    return parse(line);
  } catch (cause) {
    throw badPolicy(cause instanceof Error ? cause.message : String(cause), place, cause);
  }
}

function refuseDuplicate(key: NoteVerifier, others: readonly NoteVerifier[], place: Place): void {
  if (others.some(({ publicKey }) => Buffer.compare(publicKey, key.publicKey) === 0))
    throw badPolicy(`the key of ${quote(key.name)} a second time`, place);
}

function readThreshold({ text, place }: Word, memberCount: number): number {
  if (text === 'any') return 1;
  if (text === 'all') return memberCount;
  const threshold = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
  if (threshold >= 1 && threshold <= memberCount) return threshold;
  throw badPolicy(`${shown(text)}, expected all, any or a number from 1 to ${memberCount}`, place);
}

function badForm({ place }: Word, expected: string): NexusError {
  return badPolicy(`wrong number of words, expected "${expected}"`, place);
}

function badPolicy(reason: string, place: Place, cause?: unknown): NexusError {
  return new NexusError('bad-policy', `Cannot read a witness policy: ${reason}`, {
    hint: 'The form is https://c2sp.org/tlog-policy; docs/witness.md has an example.',
    place,
    cause,
  });
}
