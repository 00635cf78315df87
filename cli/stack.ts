/** The folder of a stack, where the CDK has put Terraform's JSON, and the pin of its release. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cid, NexusError, parseCid } from '../model';

export interface Stack {
  readonly name: string;
  readonly folder: string;
}

/** Terraform reads this file by itself at each plan and apply. */
const pinFile = 'nexus.auto.tfvars.json';
const providerSource = 'factory.nexus.internal/nexus/nexus';

/**
 * @param outFolder the CDK's output folder, `cdktf.out` unless told otherwise
 * @param name the stack's name; needed only where there are several
 * @throws NexusError `no-stack` or `ambiguous-stack`
 */
export function findStack(outFolder: string, name?: string): Stack {
  const stacks = listStacks(outFolder);
  const names = stacks.map((stack) => stack.name).join(', ');
  if (name !== undefined) {
    const named = stacks.find((stack) => stack.name === name);
    if (named !== undefined) return named;
    throw new NexusError('no-stack', `Cannot find stack "${name}" in "${outFolder}": there is ${names || 'none'}`, {
      hint: 'Run `cdktf synth`, or name one of the stacks above.',
    });
  }
  const [only, another] = stacks;
  if (only === undefined) {
    throw new NexusError('no-stack', `Cannot find a stack in "${outFolder}": none there uses the Nexus provider`, {
      hint: 'Run it in the folder of cdktf.json after a `cdktf deploy`, or say --out FOLDER.',
    });
  }
  if (another === undefined) return only;
  throw new NexusError('ambiguous-stack', `Cannot choose a stack in "${outFolder}": there are ${names}`, {
    hint: 'Say which with --stack NAME.',
  });
}

function listStacks(outFolder: string): Stack[] {
  const parent = join(outFolder, 'stacks');
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .sort()
    .map((name) => ({ name, folder: join(parent, name) }))
    .filter(({ folder }) => usesNexus(join(folder, 'cdk.tf.json')));
}

function usesNexus(file: string): boolean {
  if (!existsSync(file)) return false;
  return readFileSync(file, 'utf8').includes(JSON.stringify(providerSource));
}

/** The release that the stack is pinned to, or undefined when it follows its code. */
export function readPin(stack: Stack): Cid | undefined {
  const file = join(stack.folder, pinFile);
  if (!existsSync(file)) return undefined;
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const release = typeof value === 'object' && value !== null && 'release' in value ? value.release : undefined;
  if (typeof release === 'string') return parseCid(release);
  throw new NexusError('bad-pin', `Cannot read "${file}": no text "release" in it`, {
    hint: 'Remove the file, or run `nexus rollback CID` again.',
  });
}

/** Pins the stack to a release, or with undefined lets it follow its code again. Whole or not at all. */
export function writePin(stack: Stack, release: Cid | undefined): void {
  const file = join(stack.folder, pinFile);
  if (release === undefined) return rmSync(file, { force: true });
  const next = `${file}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify({ release }, undefined, 2)}\n`);
  renameSync(next, file);
}
