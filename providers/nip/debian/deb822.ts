/**
 * deb822(5): stanzas of `Name: value` lines, apart by empty lines; a line that begins with a space goes on with the value
 * above. Names do not know case. The fields asked for are all that is kept: an index has 60,000 stanzas of 25 fields.
 */
export type Stanza = ReadonlyMap<string, string>;

/** The stanzas of a text, one at a time. @param wanted names in lower case; undefined for all */
export function* parseStanzas(text: string, wanted?: ReadonlySet<string>): Generator<Stanza> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n\n', at);
    const stop = end < 0 ? text.length : end;
    const stanza = parseStanza(text.slice(at, stop), wanted);
    if (stanza.size > 0) yield stanza;
    at = stop + 2;
  }
}

function parseStanza(text: string, wanted: ReadonlySet<string> | undefined): Stanza {
  const fields = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (current !== undefined) fields.set(current, `${fields.get(current)}\n${line.slice(1)}`);
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    current = colon > 0 && (wanted === undefined || wanted.has(name)) ? name : undefined;
    if (current !== undefined) fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}
