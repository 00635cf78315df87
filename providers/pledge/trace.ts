/**
 * What strace writes with `-f -X raw -xx -y -s 0 -e signal=none -o FILE`, one call a line:
 *
 *     123 openat(-100<\x2f\x74\x6d\x70>, "\x61", 0x80000) = 3<\x2f\x74\x6d\x70\x2f\x61>
 *     123 wait4(-1,  <unfinished ...>          … and later:   123 <... wait4 resumed>NULL, 0, NULL) = 124
 *
 * Paths of descriptors stand in <>, every byte of a text as \xHH, so that no name can end a text, a line or a list. The
 * traced program chose the names and arguments all the same: a line that is not understood is an error, not a guess.
 */
import { NexusError, quote } from '../../model';

export interface TracedArgument {
  /** 1 for a pointer to something that strace shows. */
  readonly value: bigint;
  /** A path that was given, or the path of a Unix socket's address. */
  readonly text?: string;
  /** Of the descriptor. */
  readonly path?: string;
}

export interface TracedCall {
  readonly process: number;
  readonly name: string;
  readonly arguments: readonly TracedArgument[];
  /** Undefined where the call did not return. */
  readonly result: bigint | undefined;
  /** Of the descriptor that it gave. */
  readonly resultPath: string | undefined;
}

const lineLengthMax = 262_144;
const processesMax = 4096;

/** Reads a trace line by line; a call is given out when it has returned. */
export class TraceReader {
  readonly #unfinished = new Map<number, string>();
  #line = 0;

  /** @throws NexusError `bad-trace` */
  read(line: string): TracedCall | undefined {
    this.#line += 1;
    const [, process = '', rest = ''] = /^(\d{1,10}) +(.*)$/s.exec(line) ?? this.#refuse(line);
    if (line.length > lineLengthMax) this.#refuse(line);
    if (/^(\+\+\+|---) /.test(rest)) return undefined;
    return this.#join(Number(process), rest);
  }

  #join(process: number, rest: string): TracedCall | undefined {
    const head = /^(.*)<unfinished \.\.\.>$/s.exec(rest)?.[1];
    if (head !== undefined) {
      if (this.#unfinished.size >= processesMax) this.#refuse(rest);
      this.#unfinished.set(process, head);
      return undefined;
    }
    const tail = /^<\.\.\. \w+ resumed>(.*)$/s.exec(rest)?.[1];
    const whole = tail === undefined ? rest : `${this.#unfinished.get(process) ?? ''}${tail}`;
    this.#unfinished.delete(process);
    return this.#parse(process, whole);
  }

  #parse(process: number, text: string): TracedCall {
    const plain = text.replace(/\/\* [\w ]{0,40} \*\//g, '');
    const [, name = '', list = '', result = ''] =
      /^(\w{1,40})\((.*)\) *= (-?\d+|0x[0-9a-f]+|\?)/s.exec(plain) ?? this.#refuse(text);
    const path = /^<((?:\\x[0-9a-f]{2})*)>/.exec(
      plain.slice(plain.lastIndexOf(`= ${result}`) + 2 + result.length),
    );
    return {
      process,
      name,
      arguments: splitList(list).map((word) => parseArgument(word) ?? this.#refuse(text)),
      result: result === '?' ? undefined : parseNumber(result),
      resultPath: path?.[1] === undefined ? undefined : parseHex(path[1]),
    };
  }

  #refuse(text: string): never {
    throw new NexusError(
      'bad-trace',
      `Cannot read line ${this.#line} of the trace: ${quote(text)} is no call`,
      {
        hint: 'Run it again; expected is the output of strace 6.1 or newer.',
      },
    );
  }
}

/** Splits at commas that stand in no bracket. */
function splitList(list: string): readonly string[] {
  const words: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < list.length; at += 1) {
    const character = list[at] ?? '';
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    else if (character === ',' && depth === 0) {
      words.push(list.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = list.slice(start).trim();
  return last === '' && words.length === 0 ? [] : [...words, last];
}

/** `clone` and `clone3` show their flags by name, in an order of their own: all that matters of them is put together. */
function parseArgument(word: string): TracedArgument | undefined {
  const flags = /\bflags=([0-9a-fx|]+)/.exec(word)?.[1];
  if (flags !== undefined)
    return { value: parseNumber(flags) | parseNumber(/exit_signal=(\d+)/.exec(word)?.[1] ?? '0') };
  const [, text] = /^"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?$/.exec(word) ?? [];
  if (text !== undefined) return { value: 1n, text: parseHex(text) };
  const [, address] = /^\{sa_family=0x1, sun_path="((?:\\x[0-9a-f]{2})*)"\}$/.exec(word) ?? [];
  if (address !== undefined) return { value: 1n, text: parseHex(address) };
  const [, number, path] = /^(-?[0-9a-fx|]+|NULL)(?:<((?:\\x[0-9a-f]{2})*)>)?$/.exec(word) ?? [];
  if (number !== undefined) {
    const value = number === 'NULL' ? 0n : parseNumber(number);
    return path === undefined ? { value } : { value, path: parseHex(path) };
  }
  return { value: 1n };
}

/** C's numbers, with `|` between parts: decimal, 0x… and octal with a leading 0. */
function parseNumber(text: string): bigint {
  return text.split('|').reduce((sum, part) => sum | parsePart(part), 0n);
}

function parsePart(part: string): bigint {
  if (/^-?[1-9]\d{0,19}$|^0$/.test(part) || /^0x[0-9a-f]{1,16}$/.test(part)) return BigInt(part);
  return /^0[0-7]{1,22}$/.test(part) ? BigInt(`0o${part.slice(1)}`) : 1n;
}

function parseHex(text: string): string {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex').toString('utf8');
}
