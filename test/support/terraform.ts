/**
 * Runs the real Terraform in a temporary folder: against a provider inside this process (TF_REATTACH_PROVIDERS, fast,
 * with a debugger if wanted), or against a provider's executable laid into `terraform.d/plugins`.
 *
 *     const terraform = await Terraform.attached(definition);
 *     terraform.write({ 'main.tf': '…' });
 *     await terraform.apply();
 *     await terraform.end();
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type Attached, attach, type PluginDefinition } from '../../providers/plugin';

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams as they came. */
  readonly output: string;
}

export interface ResourceChange {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
    readonly after_unknown: Readonly<Record<string, unknown>>;
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

export interface Plan {
  readonly resource_changes?: readonly ResourceChange[];
  readonly resource_drift?: readonly ResourceChange[];
  readonly output_changes?: Readonly<Record<string, unknown>>;
  readonly errored?: boolean;
}

export interface StateResource {
  readonly address: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly tainted?: boolean;
}

/** @throws an error that says where it looked */
export function findTerraform(): string {
  const named = process.env.TERRAFORM_BINARY_NAME;
  const names = named === undefined || named === '' ? ['terraform', 'tofu'] : [named];
  for (const name of names) for (const path of candidates(name)) if (isExecutable(path)) return path;
  throw new Error(
    `Cannot find Terraform: none of ${names.join(', ')} on PATH. Install it, or name it in TERRAFORM_BINARY_NAME.`,
  );
}

function candidates(name: string): string[] {
  if (name.includes('/')) return [name];
  return (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export class Terraform {
  private readonly cleanups: (() => void)[] = [];

  private constructor(
    /** The working folder. */
    readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {
    this.cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  }

  /** With a provider that runs in this process. No init is needed. */
  static async attached<C>(definition: PluginDefinition<C>): Promise<Terraform> {
    const attached: Attached = await attach(definition);
    const terraform = new Terraform(temporaryFolder(), { TF_REATTACH_PROVIDERS: attached.reattach });
    terraform.cleanups.push(() => attached.close());
    return terraform;
  }

  /** With a provider's executable as `cdktf` lays it out. @param address `HOST/NAMESPACE/TYPE` */
  static async installed(address: string, version: string, executable: string): Promise<Terraform> {
    const terraform = new Terraform(temporaryFolder(), {});
    installProvider(terraform.folder, address, version, executable);
    return terraform;
  }

  /** Files relative to the working folder. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }

  /** Starts Terraform and leaves it running, in a process group of its own as a shell would. */
  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(findTerraform(), args, {
      cwd: this.folder,
      env: { ...cleanEnvironment(), ...this.environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }

  /** Runs Terraform to its end, whatever its exit code. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
    return finished(this.start(args, environment));
  }

  /** Runs Terraform, and fails with its whole output unless it ends with 0. */
  async succeed(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
    const run = await this.run(args, environment);
    if (run.code === 0) return run;
    throw new Error(`terraform ${args.join(' ')} ended with ${run.code}:\n${run.output}`);
  }

  async init(): Promise<Run> {
    return this.succeed(['init', '-no-color', '-input=false']);
  }

  /** The plan as JSON. */
  async plan(...args: readonly string[]): Promise<Plan> {
    await this.succeed(['plan', '-no-color', '-input=false', '-out=plan.bin', ...args]);
    return JSON.parse((await this.succeed(['show', '-json', 'plan.bin'])).stdout);
  }

  /** What a plan would do to each resource that it changes: `{ "file.a": "create" }`. Empty: no change. */
  async planActions(...args: readonly string[]): Promise<Record<string, string>> {
    const { resource_changes: changes = [] } = await this.plan(...args);
    const entries = changes.map(({ address, change }) => [address, change.actions.join(' ')]);
    return Object.fromEntries(entries.filter(([, actions]) => actions !== 'no-op' && actions !== 'read'));
  }

  async apply(...args: readonly string[]): Promise<Run> {
    return this.succeed(['apply', '-auto-approve', '-no-color', '-input=false', ...args]);
  }

  async destroy(...args: readonly string[]): Promise<Run> {
    return this.succeed(['destroy', '-auto-approve', '-no-color', '-input=false', ...args]);
  }

  /** The state's resources by address. */
  async state(): Promise<Record<string, StateResource>> {
    const shown = JSON.parse((await this.succeed(['show', '-json'])).stdout);
    const resources: StateResource[] = shown.values?.root_module?.resources ?? [];
    return Object.fromEntries(resources.map((one) => [one.address, one]));
  }

  async outputs(): Promise<Record<string, unknown>> {
    const outputs: Record<string, { value: unknown }> = JSON.parse(
      (await this.succeed(['output', '-json'])).stdout,
    );
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** Removes the folder and ends the attached provider. */
  async end(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).reverse()) cleanup();
  }
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'terraform-test-'));
}

/** No variable of the developer's own Terraform may reach a test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('TF_'));
  return {
    ...Object.fromEntries(entries),
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_CLI_CONFIG_FILE: '/dev/null',
  };
}

/** `terraform.d/plugins/HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/terraform-provider-TYPE_vVERSION` */
export function installProvider(
  folder: string,
  address: string,
  version: string,
  executable: string,
): string {
  const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
  const platform = `${process.platform}_${architectures[process.arch] ?? process.arch}`;
  const target = join(folder, 'terraform.d/plugins', address, version, platform);
  mkdirSync(target, { recursive: true });
  const file = join(target, `terraform-provider-${address.split('/').at(-1)}_v${version}`);
  copyFileSync(executable, file);
  chmodSync(file, 0o755);
  return file;
}

/** Waits for a process and gathers what it said. */
export async function finished(child: ChildProcess): Promise<Run> {
  const said = { stdout: '', stderr: '', output: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      said.output += text;
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, ...said };
}
