/**
 * One real QEMU machine with an image of a Linux profile in it: its console is the process's stdin and stdout, and a
 * second serial line has the shell that a test's image starts there.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatNodeConfig, type NodeConfig } from '../../../providers/deploy';
import {
  type BuiltLinuxImage,
  formatImageManifest,
  formatNodeInitrd,
  type LinuxService,
} from '../../../providers/factory';
import type { BlockStore } from '../../../providers/store';

export interface LinuxMachineOptions {
  readonly image: BuiltLinuxImage;
  readonly store: BlockStore;
  readonly config?: NodeConfig | undefined;
  /** Instead of the image's own. */
  readonly root?: Uint8Array | undefined;
  readonly commandLine?: string | undefined;
  /** The bytes of a second disk, `/dev/vdb`. */
  readonly disk?: Uint8Array | undefined;
  /** @default 1024 */
  readonly memoryMib?: number | undefined;
}

/** For {@link LinuxMachine.run}: lines of the second serial line are commands, without echo. @param prepare the image's stty(1). @param name of the profile's own service on that line, which it replaces */
export function testShell(prepare: string, name = 'shell'): LinuxService {
  const loop = `${prepare} -echo -onlcr; echo "shell ready"; while read -r line; do eval "$line"; done`;
  return { name, run: ['/usr/bin/sh', '-c', loop], terminal: '/dev/ttyS1' };
}

const waitLimitMs = 120_000;
const pollMs = 20;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pollMs));
/** A kernel says its first word within seconds, or never: a hang of the emulator. */
const hangMs = 45_000;

export class LinuxMachine {
  readonly lines: string[] = [];
  readonly lineTimes: number[] = [];
  readonly startedAt = performance.now();
  readonly exited: Promise<number | null>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'nexus-linux-'));
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #connected: Promise<Socket>;
  #shellText = '';
  #isEnded = false;
  #rest = '';
  #taken = 0;

  private constructor(args: readonly string[], files: Readonly<Record<string, Uint8Array>>) {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(this.#folder, name), bytes);
    this.#process = spawn('qemu-system-x86_64', args, { cwd: this.#folder });
    this.#process.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#process.stderr.on('data', (chunk: Buffer) => this.#take(chunk));
    this.exited = once(this.#process, 'close').then(([code]: unknown[]) => {
      this.#isEnded = true;
      return typeof code === 'number' ? code : null;
    });
    this.#connected = this.#connect();
  }

  /** Starts the machine and waits for init's first word; once more if the emulator hangs before that, and says so. */
  static async boot(options: LinuxMachineOptions): Promise<LinuxMachine> {
    const first = await LinuxMachine.#start(options);
    const spoke = await first.waitFor('nexus: starts', hangMs).catch(() => undefined);
    if (spoke !== undefined) return first;
    console.warn(`the machine said nothing for ${hangMs} ms: started once more`);
    await first.stop();
    const second = await LinuxMachine.#start(options);
    await second.waitFor('nexus: starts', hangMs);
    return second;
  }

  static async #start({ image, store, config, root, disk, ...options }: LinuxMachineOptions) {
    const { manifest } = image;
    const { memoryMib = 1024, commandLine = manifest.commandLine } = options;
    const blob = config === undefined ? undefined : formatNodeConfig(config);
    const initramfs = await store.get(manifest.initramfs.part);
    const files = {
      kernel: await store.get(manifest.kernel.part),
      initrd: formatNodeInitrd(initramfs, formatImageManifest(manifest).bytes, blob),
      root: root ?? (await store.get(manifest.root.part)),
      ...(disk === undefined ? {} : { disk }),
    };
    const drive = (name: string): string[] => ['-drive', `file=${name},format=raw,if=virtio,readonly=on`];
    return new LinuxMachine(
      [
        ...['-M', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', String(memoryMib)],
        ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
        ...['-serial', 'unix:shell.sock,server=on,wait=off'],
        ...['-netdev', 'user,id=n0,restrict=on', '-device', 'virtio-net-pci,netdev=n0,romfile='],
        ...['-kernel', 'kernel', '-initrd', 'initrd', '-append', commandLine, ...drive('root')],
        ...(disk === undefined ? [] : drive('disk')),
      ],
      files,
    );
  }

  /** The next line, after those taken before, that holds the text or matches. */
  async waitFor(
    wanted: string | ((line: string) => boolean),
    limitMs = waitLimitMs,
    since = performance.now(),
  ): Promise<string> {
    const matches = typeof wanted === 'string' ? (line: string) => line.includes(wanted) : wanted;
    for (;;) {
      const index = this.lines.findIndex((line, at) => at >= this.#taken && matches(line));
      if (index >= 0) {
        this.#taken = index + 1;
        return this.lines[index] ?? '';
      }
      if (this.#isEnded) throw this.#failure(`waiting for ${String(wanted)}: the machine ended`);
      if (performance.now() - since > limitMs)
        throw this.#failure(`waiting for ${String(wanted)}: nothing within ${limitMs} ms`);
      await pause();
    }
  }

  /** A line to the console. */
  send(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Runs a command in the image's shell. @returns what it wrote, and its exit code */
  async run(command: string, limitMs = waitLimitMs): Promise<{ output: string; status: number }> {
    const shell = await this.#openShell();
    const start = this.#shellText.length;
    shell.write(`{ ${command}; } < /dev/null; echo "ended"-$?.\n`);
    const deadline = performance.now() + limitMs;
    for (;;) {
      const text = this.#shellText.slice(start);
      const [whole, status] = /ended-(\d+)\.\n/.exec(text) ?? [];
      if (whole !== undefined) return { output: text.slice(0, text.indexOf(whole)), status: Number(status) };
      if (this.#isEnded || performance.now() > deadline)
        throw this.#failure(
          `running ${command}: no end of it within ${limitMs} ms, after ${text.slice(-2000)}`,
        );
      await pause();
    }
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    (await this.#connected).destroy();
    await this.exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #openShell(): Promise<Socket> {
    const shell = await this.#connected;
    const deadline = performance.now() + waitLimitMs;
    while (!this.#shellText.includes('shell ready\n')) {
      if (this.#isEnded || performance.now() > deadline) throw this.#failure('the image starts no shell');
      await pause();
    }
    return shell;
  }

  /** From the machine's start on, as nobody keeps what the shell says before. */
  async #connect(): Promise<Socket> {
    const path = join(this.#folder, 'shell.sock');
    while (!existsSync(path) && !this.#isEnded) await pause();
    const shell = connect(path);
    shell.on('data', (chunk: Buffer) => {
      this.#shellText += chunk.toString('latin1').replaceAll('\r', '');
    });
    shell.on('error', () => undefined);
    return shell;
  }

  #take(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.lines.push(line.replace(/\r$/, ''));
      this.lineTimes.push(performance.now());
    }
  }

  #failure(reason: string): Error {
    const last = this.lines.slice(-12).map((line) => line.slice(0, 200));
    return new Error(`${reason}; its last lines:\n${[...last, this.#rest].join('\n')}`);
  }
}
