/** Logs of any entries in either layout, made without the ledger's writer: what `verifyTiledLog` is tried on. */
import { formatBundle } from '../../../providers/provchain/formats/bundle';
import { signCheckpoint } from '../../../providers/provchain/formats/checkpoint';
import type { NoteSigner } from '../../../providers/provchain/formats/note';
import { formatTilePath, joinHashes, tileWidth } from '../../../providers/provchain/tree/tile';
import { leafHash, perfectRoot, treeRoot } from '../../../providers/provchain/tree/tree';

export type Files = Map<string, Uint8Array>;

export function makeForeignLog(entries: readonly Uint8Array[], signer: NoteSigner, isGo = false): Files {
  const files: Files = new Map();
  const put = (path: string, bytes: Uint8Array): unknown =>
    files.set(isGo ? path.replace('tile/', 'tile/8/').replace('/entries/', '/data/') : path, bytes);
  let hashes = entries.map(leafHash);
  const root = treeRoot(hashes);
  for (let level = 0; hashes.length > 0; level += 1) {
    const above = [];
    for (let index = 0; index * tileWidth < hashes.length; index += 1) {
      const tile = hashes.slice(index * tileWidth, (index + 1) * tileWidth);
      put(formatTilePath({ level, index, width: tile.length }), joinHashes(tile));
      if (tile.length === tileWidth) above.push(perfectRoot(tile));
    }
    hashes = above;
  }
  for (let index = 0; index * tileWidth < entries.length; index += 1) {
    const group = entries.slice(index * tileWidth, (index + 1) * tileWidth);
    const bytes = isGo ? goRecords(group, index * tileWidth) : formatBundle(group);
    put(formatTilePath({ level: 'entries', index, width: group.length }), bytes);
  }
  const note = signCheckpoint({ size: entries.length, root }, signer);
  files.set(isGo ? 'latest' : 'checkpoint', Buffer.from(note));
  return files;
}

function goRecords(texts: readonly Uint8Array[], first: number): Uint8Array {
  return Buffer.concat(
    texts.map((text, at) => Buffer.concat([Buffer.from(`${first + at}\n`), text, Buffer.from('\n')])),
  );
}

export const linesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => new Uint8Array(Buffer.from(`line ${index}\nand another\n`)));
