/**
 * The records of Go's checksum database, as golang.org/x/mod/sumdb/tlog writes them: the number in decimal, a newline,
 * lines of text without an empty one among them, an empty line. What is logged is the text. Records 0 and 1:
 *
 *     0
 *     golang.org/x/text v0.3.0 h1:g61tztE5qeGQ89tm6NTjjM9VPIm088od1l6aSorWRWg=
 *
 *     1
 *     …
 */
import { entrySizeBytesMax } from '../formats/bundle';
import { tileWidth } from '../tree/tile';

export const recordDataSizeBytesMax = tileWidth * (entrySizeBytesMax + 24);
const newline = 0x0a;

/** The texts of the records from that number on; undefined for other bytes. */
export function parseRecordData(bytes: Uint8Array, first: number): Uint8Array[] | undefined {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = Buffer.from(`${first + records.length}\n`);
    const from = at + head.length;
    const to = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('\n\n', from);
    if (to < 0 || records.length === tileWidth) return undefined;
    if (Buffer.compare(head, bytes.subarray(at, from)) !== 0 || bytes[from] === newline) return undefined;
    records.push(bytes.subarray(from, to + 1));
    at = to + 2;
  }
  return records;
}
