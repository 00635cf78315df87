/** A hub between the network cards of QEMU machines: each frame goes to all others. Framing: u32be length, frame. */
import { connect, type Socket } from 'node:net';

export class EthernetHub {
  readonly #sockets = new Set<Socket>();
  /** Sees every frame and may change it; undefined drops it. @default passes it on */
  filter: (frame: Buffer) => Buffer | undefined = (frame) => frame;

  /** Plugs in the machine that listens at a path, as soon as it does. */
  async plug(path: string): Promise<void> {
    const socket = await connectWhenReady(path);
    this.#sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => this.#sockets.delete(socket));
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
        const end = 4 + rest.readUInt32BE(0);
        this.#pass(socket, Buffer.from(rest.subarray(4, end)));
        rest = rest.subarray(end);
      }
    });
  }

  /** Sends a frame of the test's own to every machine. */
  inject(frame: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(framed(frame));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(from: Socket, frame: Buffer): void {
    const passed = this.filter(frame);
    if (passed === undefined) return;
    for (const socket of this.#sockets) if (socket !== from) socket.write(framed(passed));
  }
}

function framed(frame: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

async function connectWhenReady(path: string): Promise<Socket> {
  for (let tries = 0; tries < 500; tries += 1) {
    const socket = await tryConnect(path);
    if (socket !== undefined) return socket;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nobody listens at ${path}`);
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}
