/**
 * What the plugin framework adds to Terraform at size: an apply that creates resources whose handlers do nothing, and
 * a plan without a change, beside as many `terraform_data`, which are built into Terraform and cost it no call to
 * another process. With the provider as an executable, and attached to this process, which leaves its starts out.
 * In turns, so that what else the machine does falls on all; medians.
 * Alone: `tsx --conditions=import bench/run.ts scale`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { Terraform } from '../test/support/terraform';
import { type Figure, median } from './figures';
import { address, definition, version } from './plugin-scale-provider';

type Kind = 'terraform_data' | 'executable' | 'attached';
const kinds: readonly Kind[] = ['terraform_data', 'executable', 'attached'];

type Durations = Readonly<Record<Kind, { readonly applyMs: number[]; readonly planMs: number[] }>>;

export async function benchPluginScale(resources: number, rounds: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-'));
  const stacks = await createStacks(bundle(folder), resources);
  try {
    return figuresOf(await measure(stacks, rounds), resources, rounds);
  } finally {
    for (const kind of kinds) await stacks[kind].end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As `scripts/build.mjs` makes the real one. */
function bundle(folder: string): string {
  const outfile = join(folder, 'provider.js');
  buildSync({
    entryPoints: [join(__dirname, 'plugin-scale-main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'error',
  });
  return outfile;
}

async function createStacks(executable: string, resources: number): Promise<Record<Kind, Terraform>> {
  const stacks = {
    terraform_data: await Terraform.installed(address, version, executable),
    executable: await Terraform.installed(address, version, executable),
    attached: await Terraform.attached(definition),
  };
  for (const kind of kinds) stacks[kind].write({ 'main.tf.json': JSON.stringify(stackOf(kind, resources)) });
  await stacks.executable.init();
  return stacks;
}

function stackOf(kind: Kind, resources: number): object {
  const type = kind === 'terraform_data' ? kind : 'scale_thing';
  const body = (index: number): object =>
    kind === 'terraform_data'
      ? { input: `value ${index}` }
      : { name: `n${index}`, source: `cells/${index}`, pledges: ['stdio', 'clock'] };
  const entries = Array.from({ length: resources }, (_, index) => [`r${index}`, body(index)]);
  const terraform = { required_providers: { scale: { source: address } } };
  const resource = { [type]: Object.fromEntries(entries) };
  return kind === 'terraform_data' ? { resource } : { terraform, resource };
}

async function measure(stacks: Readonly<Record<Kind, Terraform>>, rounds: number): Promise<Durations> {
  const durations: Durations = {
    terraform_data: { applyMs: [], planMs: [] },
    executable: { applyMs: [], planMs: [] },
    attached: { applyMs: [], planMs: [] },
  };
  for (const kind of kinds) durations[kind].applyMs.push(await timed(() => stacks[kind].apply()));
  for (let round = 0; round < rounds; round += 1)
    for (const kind of kinds) durations[kind].planMs.push(await timed(() => planOnly(stacks[kind])));
  return durations;
}

/** With `-detailed-exitcode` anything but "no change" fails. */
function planOnly(terraform: Terraform): Promise<unknown> {
  return terraform.succeed(['plan', '-no-color', '-input=false', '-detailed-exitcode']);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function figuresOf(durations: Durations, resources: number, rounds: number): Figure[] {
  const apply = (kind: Kind): number => median(durations[kind].applyMs) / 1000;
  const plan = (kind: Kind): number => median(durations[kind].planMs) / 1000;
  const count = resources.toLocaleString('en-US');
  const bare = `${count} terraform_data`;
  return [
    { name: `apply of ${bare}`, value: apply('terraform_data'), unit: 's' },
    { name: `apply of ${count} of an executable provider`, value: apply('executable'), unit: 's' },
    {
      name: 'against terraform_data, at most 2',
      value: apply('executable') / apply('terraform_data'),
      unit: 'times',
    },
    { name: 'the same, attached', value: apply('attached') / apply('terraform_data'), unit: 'times' },
    { name: `plan without a change of ${bare} (P50 of ${rounds})`, value: plan('terraform_data'), unit: 's' },
    { name: `plan of ${count} of an executable provider`, value: plan('executable'), unit: 's' },
    {
      name: 'against terraform_data, at most 1.5',
      value: plan('executable') / plan('terraform_data'),
      unit: 'times',
    },
    { name: 'the same, attached', value: plan('attached') / plan('terraform_data'), unit: 'times' },
  ];
}
