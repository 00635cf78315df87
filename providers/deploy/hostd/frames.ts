/**
 * Ethernet frames on QEMU's stream socket: u32be length, then the frame
 * (https://www.qemu.org/docs/master/system/invocation.html, `-netdev stream`).
 *
 * A frame too short or too long for Ethernet is left out and counted; a length that QEMU never writes means that the
 * stream is out of step, and only a new connection can mend that.
 */
import { NexusError } from '../../../model';

/** Without the frame check sequence: header at least, 1500 bytes of payload and a VLAN tag at most. */
export const frameSizeBytes = { smallest: 14, largest: 1518 } as const;

/** QEMU's own bound (NET_BUFSIZE): 4 KiB and 64 KiB. */
const lengthMax = 69_632;

export function formatFrame(frame: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(4 + frame.length);
  bytes.writeUInt32BE(frame.length, 0);
  bytes.set(frame, 4);
  return bytes;
}

/** Inverse of {@link formatFrame} over a stream cut anywhere; holds at most one frame. */
export class FrameReader {
  /** Frames left out for their size. */
  badSizes = 0;
  private pending: Buffer = Buffer.alloc(0);
  private skipSizeBytes = 0;

  /** @throws NexusError `bad-frame` when the stream is out of step */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    let bytes = this.skip(Buffer.concat([this.pending, chunk]));
    for (let next = this.take(bytes, frames); next !== undefined; next = this.take(bytes, frames))
      bytes = next;
    this.pending = Buffer.from(bytes);
    return frames;
  }

  /** @returns what follows the first frame, or undefined when that is not complete */
  private take(bytes: Buffer, frames: Uint8Array[]): Buffer | undefined {
    if (bytes.length < 4) return undefined;
    const length = bytes.readUInt32BE(0);
    if (length > lengthMax)
      throw new NexusError(
        'bad-frame',
        `Cannot read a frame of ${length} bytes: expected at most ${lengthMax}`,
      );
    if (length < frameSizeBytes.smallest || length > frameSizeBytes.largest)
      return this.leaveOut(bytes, length);
    if (bytes.length < 4 + length) return undefined;
    frames.push(bytes.subarray(4, 4 + length));
    return bytes.subarray(4 + length);
  }

  private leaveOut(bytes: Buffer, length: number): Buffer {
    this.badSizes += 1;
    this.skipSizeBytes = 4 + length;
    return this.skip(bytes);
  }

  private skip(bytes: Buffer): Buffer {
    const sizeBytes = Math.min(this.skipSizeBytes, bytes.length);
    this.skipSizeBytes -= sizeBytes;
    return bytes.subarray(sizeBytes);
  }
}
