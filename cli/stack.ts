/** The folder of a stack, where the CDK has put Terraform's JSON, and the pin of its release. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Cid, NexusError, parseCid, providerAddress } from '../model';
import { syncFolder, writeDurably } from '../providers/durable';
import { UsageError } from './usage-error';

export interface Stack {
  readonly name: string;
  readonly folder: string;
  /** Absolute path of the state folder that its provider works in. */
  readonly stateDir: string;
  /** Names of the nodes that it deploys. */
  readonly nodes: readonly string[];
}

/** Terraform reads this file by itself at each plan and apply. */
const pinFile = 'nexus.auto.tfvars.json';

/**
 * @param outFolder the CDK's output folder, `cdktf.out` unless told otherwise
 * @param name the stack's name; needed only where there are several
 * @throws UsageError `no-stack` or `ambiguous-stack`
 */
export function findStack(outFolder: string, name?: string): Stack {
  const stacks = listStacks(outFolder);
  const names = stacks.map((stack) => stack.name).join(', ');
  if (name !== undefined) {
    const named = stacks.find((stack) => stack.name === name);
    if (named !== undefined) return named;
    throw new UsageError(
      'no-stack',
      `Cannot find stack "${name}" in "${outFolder}": there is ${names || 'none'}`,
      {
        hint: 'Run `cdktf synth`, or name a stack that is there.',
      },
    );
  }
  const [only, another] = stacks;
  if (only === undefined) {
    throw new UsageError(
      'no-stack',
      `Cannot find a stack in "${outFolder}": none there uses the Nexus provider`,
      {
        hint: 'Run it in the folder of cdktf.json after a `cdktf deploy`, or say --out FOLDER.',
      },
    );
  }
  if (another === undefined) return only;
  throw new UsageError('ambiguous-stack', `Cannot choose a stack in "${outFolder}": there are ${names}`, {
    hint: 'Say which with --stack NAME.',
  });
}

/** The stacks of an output folder that use our provider, sorted by name. */
export function listStacks(outFolder: string): Stack[] {
  const parent = join(outFolder, 'stacks');
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .sort()
    .map((name) => readStack(name, join(parent, name)))
    .filter((stack) => stack !== undefined);
}

/** The parts of the CDK's JSON that are read here. */
interface StackJson {
  readonly terraform?: { readonly required_providers?: Record<string, { readonly source?: string }> };
  readonly provider?: { readonly nexus?: readonly { readonly state_dir?: string }[] };
  readonly resource?: { readonly nexus_deployment?: Record<string, { readonly node?: string }> };
}

function readStack(name: string, folder: string): Stack | undefined {
  const file = join(folder, 'cdk.tf.json');
  if (!existsSync(file)) return undefined;
  const { terraform, provider, resource } = parseJson(file) as StackJson;
  const sources = Object.values(terraform?.required_providers ?? {}).map(({ source }) => source);
  if (!sources.includes(providerAddress)) return undefined;
  const stateDir = resolve(folder, provider?.nexus?.[0]?.state_dir ?? '.nexus');
  const deployments = Object.values(resource?.nexus_deployment ?? {});
  return { name, folder, stateDir, nodes: deployments.flatMap(({ node }) => node ?? []).sort() };
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UsageError('bad-stack', 'Cannot read the stack: not JSON', {
      hint: 'Run `cdktf synth`, which writes it anew.',
      place: { file },
      cause,
    });
  }
}

/** The release that the stack is pinned to, or undefined when it follows its code. */
export function readPin(stack: Stack): Cid | undefined {
  const file = join(stack.folder, pinFile);
  if (!existsSync(file)) return undefined;
  const value = parseJson(file);
  const release =
    typeof value === 'object' && value !== null && 'release' in value ? value.release : undefined;
  if (typeof release === 'string') return release === '' ? undefined : parseCid(release);
  throw new NexusError('bad-pin', `Cannot read "${file}": no text "release" in it`, {
    hint: 'Remove the file, or run `nexus rollback CID` again.',
  });
}

/** Pins the stack to a release, or with undefined lets it follow its code again. Whole or not at all. */
export async function writePin(stack: Stack, release: Cid | undefined): Promise<void> {
  const file = join(stack.folder, pinFile);
  if (release !== undefined)
    return writeDurably(file, `${JSON.stringify({ release }, undefined, 2)}\n`, { mode: 0o666 });
  await rm(file, { force: true });
  await syncFolder(stack.folder);
}
