/** `nexus` run in this process, in a temporary folder of its own, with its output caught. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Io } from '../../cli/io';
import { run } from '../../cli/run';
import { machineEnvironment } from '../../providers/nexus';

export const root = dirname(dirname(__dirname));

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Desk {
  /** @param folder its own, to be removed; tests that start machines give one of their rig's, which ends them */
  constructor(readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-cli-')))) {}

  /** What is typed. */
  readonly input = new PassThrough();
  env: Record<string, string | undefined> = { PATH: process.env.PATH };
  hostdEntry = '/nonexistent/hostd';
  templateFolder = join(root, 'template');
  columns = 200;
  controller = new AbortController();
  /** What the current run has printed. */
  out = '';
  err = '';

  get stateDir(): string {
    return join(this.folder, '.nexus');
  }

  /** Writes files, by their path below the folder. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
  }

  async nexus(...argv: string[]): Promise<Ran> {
    [this.out, this.err] = ['', ''];
    const code = await run(argv, this.io());
    return { code, out: this.out, err: this.err };
  }

  /** Runs it with `--json` and gives the parsed result. */
  async json<T>(...argv: string[]): Promise<T & { readonly code: number }> {
    const { code, out, err } = await this.nexus(...argv, '--json');
    if (out === '') throw new Error(`no JSON: ${err}`);
    return { ...(JSON.parse(out) as T), code };
  }

  io(): Io {
    const { folder, env, input, controller, hostdEntry } = this;
    return {
      cwd: folder,
      env,
      input,
      out: { write: (text) => (this.out += text), columns: this.columns },
      err: { write: (text) => (this.err += text), columns: this.columns },
      signal: controller.signal,
      environment: machineEnvironment({ kernelFolder: join(root, 'kernel'), hostdEntry }),
      templateFolder: this.templateFolder,
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
