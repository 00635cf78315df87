/** Texts that go into files of a Linux image, KDL and a terminal. */

/** Whether a text has at least one character, at most so many, and none that controls a terminal. */
export function isPlainText(text: string, lengthMax: number): boolean {
  return text.length >= 1 && text.length <= lengthMax && !/\p{Cc}/u.test(text);
}

/** Whether a path has a part that is empty, "." or "..", the leading "/" apart. */
export function hasOddParts(path: string): boolean {
  return path
    .replace(/^\//, '')
    .split('/')
    .some((part) => part === '' || part === '.' || part === '..');
}
