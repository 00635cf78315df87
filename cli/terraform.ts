/** Terraform as a child process: applying a stack, with its output passed on as progress. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { NexusError } from '../model';
import { findProgram } from '../providers/machine';
import type { Io } from './io';
import type { Stack } from './stack';
import { UsageError } from './usage-error';

/** The path of Terraform: `TERRAFORM_BINARY_NAME` as the CDK reads it, else terraform, else tofu. */
export function findTerraform({ env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  const named = env.TERRAFORM_BINARY_NAME;
  const names = named === undefined || named === '' ? ['terraform', 'tofu'] : [named];
  for (const name of names) {
    const found = findProgram(name, env.PATH ?? '', cwd);
    if (found !== undefined) return found;
  }
  throw new UsageError(
    'no-terraform',
    `Cannot find ${names.join(' or ')}: not in PATH, expected 1.11 or newer`,
    {
      hint: 'Install Terraform or OpenTofu, or name its program in TERRAFORM_BINARY_NAME.',
    },
  );
}

/** @throws UsageError `not-initialised` when Terraform never worked in the stack's folder */
export function checkInitialised(stack: Stack, { env }: Pick<Io, 'env'>): void {
  if (existsSync(resolve(stack.folder, env.TF_DATA_DIR ?? '.terraform'))) return;
  throw new UsageError(
    'not-initialised',
    `Cannot apply stack "${stack.name}": Terraform was never set up in its folder`,
    {
      hint: 'Run `cdktf deploy` once; then it can be rolled back.',
    },
  );
}

/**
 * Applies the stack as it stands. Ctrl-C asks Terraform to stop, and its end is waited for. It is set up again first:
 * the CDK has all projects share one cache of providers, where another project may have put another build of ours.
 * @throws NexusError `init-failed`, `apply-failed`
 */
export async function applyStack(terraform: string, stack: Stack, io: Io): Promise<void> {
  const colour = io.err.isTTY === true ? [] : ['-no-color'];
  for (const [step, ...options] of [['init'], ['apply', '-auto-approve']] as const) {
    const code = await runTerraform(terraform, [step, ...options, '-input=false', ...colour], stack, io);
    if (code === 0) continue;
    const reason = `\`terraform ${step}\` ended with ${code ?? 'a signal'}`;
    throw new NexusError(`${step}-failed`, `Cannot apply stack "${stack.name}": ${reason}`);
  }
}

/**
 * It gets a process group of its own: Ctrl-C on the terminal goes to the whole group, and a second SIGINT, the one
 * that is passed on here, would make Terraform leave everything as it is at once.
 */
function runTerraform(
  terraform: string,
  args: readonly string[],
  stack: Stack,
  { env, err, signal }: Io,
): Promise<number | null> {
  signal.throwIfAborted();
  return new Promise((settle, reject) => {
    const child = spawn(terraform, args, {
      cwd: stack.folder,
      env: { ...env, TF_IN_AUTOMATION: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const stop = (): void => void child.kill('SIGINT');
    signal.addEventListener('abort', stop);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => err.write(text));
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      settle(code);
    });
  });
}
