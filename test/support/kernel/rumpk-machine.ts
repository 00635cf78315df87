/** One real QEMU machine with Rumpk in it; its serial line is the process's stdin and stdout. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatNodeConfig, type NodeConfig } from '../../../providers/deploy';

export interface MachineOptions {
  readonly image: Uint8Array;
  /** A configuration, or the bytes of a blob, or nothing for a machine without an initrd. */
  readonly config: NodeConfig | Uint8Array | undefined;
  /** Last byte of the card's address. @default no network card */
  readonly card?: number;
}

interface Waiter {
  readonly matches: (line: string) => boolean;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

const waitLimitMs = 20_000;

export class RumpkMachine {
  /** Every line so far, the firmware's among them. */
  readonly lines: string[] = [];
  /** When the process was started and each mark was seen, by `performance.now()`. */
  readonly startedAt = performance.now();
  firstByteAt = 0;
  readonly lineTimes: number[] = [];
  readonly exited: Promise<number | null>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'rumpk-'));
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiters = new Set<Waiter>();
  #rest = '';
  #taken = 0;

  constructor(options: MachineOptions) {
    this.#process = spawn('qemu-system-riscv64', this.#arguments(options), { cwd: this.#folder });
    this.#process.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#process.stderr.on('data', (chunk: Buffer) => this.#take(chunk));
    this.exited = new Promise((resolve) => {
      this.#process.on('close', (exitCode) => {
        for (const waiter of this.#waiters) waiter.reject(this.#failure('the machine ended'));
        resolve(exitCode);
      });
    });
  }

  /** Path of the socket at which the network card listens. */
  get networkSocket(): string {
    return join(this.#folder, 'net.sock');
  }

  /** The next line, after those taken before, that holds the text or matches. */
  async waitFor(wanted: string | ((line: string) => boolean)): Promise<string> {
    const matches = typeof wanted === 'string' ? (line: string) => line.includes(wanted) : wanted;
    const index = this.lines.findIndex((line, at) => at >= this.#taken && matches(line));
    if (index < 0) return this.#waitForNew(matches, String(wanted));
    this.#taken = index + 1;
    return this.lines[index] ?? '';
  }

  send(text: string): void {
    this.#process.stdin.write(text);
  }

  /** Stops or goes on reading what the machine writes: its line then fills up. */
  setReading(isReading: boolean): void {
    if (isReading) this.#process.stdout.resume();
    else this.#process.stdout.pause();
  }

  /** Processor time that QEMU has used, in seconds: fields 14 and 15 of proc(5)'s stat, in ticks of 10 ms. */
  processorSeconds(): number {
    const fields = readFileSync(`/proc/${this.#process.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #arguments({ image, config, card }: MachineOptions): string[] {
    writeFileSync(join(this.#folder, 'image.bin'), image);
    if (config !== undefined) writeFileSync(join(this.#folder, 'config.bin'), blobOf(config));
    return [
      ...['-M', 'virt', '-m', '16M', '-smp', '1', '-bios', 'default', '-accel', 'tcg'],
      ...['-nographic', '-no-reboot', '-nodefaults', '-serial', 'stdio'],
      ...['-global', 'virtio-mmio.force-legacy=false', '-kernel', 'image.bin'],
      ...(config === undefined ? [] : ['-initrd', 'config.bin']),
      ...(card === undefined ? [] : cardArguments(card)),
    ];
  }

  #take(chunk: Buffer): void {
    if (this.firstByteAt === 0) this.firstByteAt = performance.now();
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#takeLine(line.replace(/\r$/, ''));
  }

  #takeLine(line: string): void {
    this.lines.push(line);
    this.lineTimes.push(performance.now());
    for (const waiter of [...this.#waiters]) {
      if (!waiter.matches(line)) continue;
      this.#waiters.delete(waiter);
      this.#taken = this.lines.length;
      waiter.resolve(line);
    }
  }

  #waitForNew(matches: (line: string) => boolean, wanted: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(this.#failure(`nothing came within ${waitLimitMs} ms`));
      }, waitLimitMs);
      const waiter: Waiter = {
        matches,
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(new Error(`waiting for ${wanted}: ${error.message}`));
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #lastLines(): string {
    return this.lines
      .slice(-8)
      .map((line) => line.slice(0, 160))
      .join('\n');
  }

  #failure(reason: string): Error {
    return new Error(`${reason}; the last lines were:\n${this.#lastLines()}`);
  }
}

function blobOf(config: NodeConfig | Uint8Array): Uint8Array {
  return config instanceof Uint8Array ? config : formatNodeConfig(config);
}

function cardArguments(card: number): string[] {
  const address = `52:54:00:00:00:${card.toString(16).padStart(2, '0')}`;
  return [
    ...['-netdev', 'stream,id=n0,server=on,addr.type=unix,addr.path=net.sock'],
    ...['-device', `virtio-net-device,netdev=n0,mac=${address}`],
  ];
}
