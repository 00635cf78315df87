/** Paths and link targets from an archive, brought into the one form that a tree has (tree.ts). */
import { Refusal } from './refusal';

const pathSizeBytesMax = 4095;
const nameSizeBytesMax = 255;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacter = /[\u0000-\u001f\u007f]/;

/** A path without "./" before it and "/" behind; empty for the root itself. @throws Refusal `bad-path` */
export function checkPath(path: string): string {
  const bare = path.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
  if (bare === '' || bare === '.') return '';
  const refuse = (reason: string): Refusal => new Refusal('bad-path', path, reason);
  if (bare.startsWith('/')) throw refuse('absolute, expected a path within the package');
  if (Buffer.byteLength(bare) > pathSizeBytesMax) throw refuse(`over ${pathSizeBytesMax} bytes`);
  if (controlCharacter.test(bare)) throw refuse('a control character');
  if (bare !== bare.normalize('NFC')) throw refuse("not in Unicode's form C");
  for (const name of bare.split('/')) {
    if (name === '..') throw refuse('leads upwards with ".."');
    if (name === '' || name === '.') throw refuse('an empty part');
    if (Buffer.byteLength(name) > nameSizeBytesMax) throw refuse(`a name of over ${nameSizeBytesMax} bytes`);
  }
  return bare;
}

/**
 * A link's target relative to the link's own folder. An absolute one is taken from the root of the tree.
 * @throws Refusal `bad-path`, `link-outside`
 */
export function normalizeTarget(path: string, target: string): string {
  if (target === '' || Buffer.byteLength(target) > pathSizeBytesMax || controlCharacter.test(target))
    throw new Refusal('bad-path', path, 'a link with a target that is empty, over-long or not text');
  const depth = path.split('/').length - 1;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const relative = target.startsWith('/') ? [...Array<string>(depth).fill('..'), ...parts] : parts;
  let height = depth;
  for (const part of relative) {
    height += part === '..' ? -1 : 1;
    if (height < 0) throw new Refusal('link-outside', path, `a link to "${target}", above the root`);
  }
  return relative.length === 0 ? '.' : relative.join('/');
}
