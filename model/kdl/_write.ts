/**
 * The layout of the KDL that we write: four spaces a level, every text in quotation marks, one node a line. Texts
 * are checked before (no control characters), so that two escapes are enough.
 */

/** One node with its values: `pledge "stdio" "clock"`. */
export function line(depth: number, name: string, values: readonly (string | number)[], tail = ''): string {
  const words = [
    name,
    ...values.map((value) => (typeof value === 'string' ? quoteText(value) : String(value))),
  ];
  return `${'    '.repeat(depth)}${words.join(' ')}${tail}\n`;
}

/** A node with children, which are lines already. */
export function block(
  depth: number,
  name: string,
  values: readonly (string | number)[],
  children: readonly string[],
  property = '',
): string {
  return `${line(depth, name, values, `${property} {`)}${children.join('')}${'    '.repeat(depth)}}\n`;
}

/** Text in quotation marks. */
export function quoteText(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
