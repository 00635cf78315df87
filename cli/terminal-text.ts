/**
 * Text of a cell or a record on its way to a terminal. A cell is software of somebody's: it could move the cursor,
 * retitle the window or fill the clipboard, so control characters are shown and not obeyed.
 */

/** One line: every control character in a visible form. */
export function showControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 32 ? `^${String.fromCharCode(code + 64)}` : `<${code.toString(16).padStart(2, '0')}>`;
  });
}

/** Cut to a width, with a sign that there was more. */
export function cutTo(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
