/**
 * Public keys in a file, one a line: 64 hex digits, or the line of a `.pub` file. What stands behind a `#` is for
 * people.
 */
import { parseVerifierKey } from '../formats/note';

/** In hex. @throws NexusError `bad-verifier-key` */
export function parseKeyList(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*/, '').trim());
  return lines.filter((line) => line !== '').map(parseKeyLine);
}

function parseKeyLine(line: string): string {
  if (/^[0-9a-f]{64}$/.test(line)) return line;
  return Buffer.from(parseVerifierKey(line).publicKey).toString('hex');
}
