/** `nexus witness` as processes of their own, which the test ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const program = join(dirname(dirname(__dirname)), 'dist', 'nexus.js');

export interface WitnessProcess {
  readonly child: ChildProcess;
  /** What stands before `add-checkpoint`. */
  readonly url: string;
  readonly verifierKey: string;
  /** Its exit code, or the name of what killed it. */
  readonly ended: Promise<number | string>;
}

export class Witnesses {
  readonly #running = new Set<ChildProcess>();

  /** Starts one, and waits for its line. */
  async start(stateDir: string, logKey: string, listen = '127.0.0.1:0'): Promise<WitnessProcess> {
    const args = [program, 'witness', '--log', logKey, '--listen', listen, '--state', stateDir];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
      this.#running.delete(child);
      return typeof code === 'number' ? code : String(signal);
    });
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line').then(([text]: unknown[]) => String(text)),
      ended,
    ]);
    const [word, , verifierKey, url] = String(line).split(' ');
    if (word !== 'witness' || verifierKey === undefined || url === undefined)
      throw new Error(`The witness ended with ${line}: ${errors}`);
    return { child, url, verifierKey, ended };
  }

  endAll(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}
