/**
 * The provider at size: a plan without a change of real `nexus_cell` resources, all built and in the ledger, and an
 * apply that creates them anew, beside as many `terraform_data`, which are built into Terraform and cost it no call to
 * another process. With the same state, the same schema and a provider in Go that does nothing (`floor/main.go`): what
 * Terraform takes by itself for resources of any provider. In turns, so that what else the machine does falls on all.
 * After `npm run build`: `npm run bench -- scale`.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layProvider, terraformPlatform } from '../constructs/synth';
import { providerAddress, providerVersion } from '../model';
import { definePlugin } from '../providers/nexus';
import { getProviderSchema } from '../providers/plugin/rpc/get-provider-schema';
import { PluginServer } from '../providers/plugin/server';
import { providerService } from '../providers/plugin/wire/service';
import { newEnvironment } from '../test/support/swarm-project';
import { Terraform } from '../test/support/terraform';
import { type Figure, median } from './figures';

type Kind = 'terraform_data' | 'nexus_cell' | 'floor';
const kinds: readonly Kind[] = ['terraform_data', 'nexus_cell', 'floor'];

type Stacks = Readonly<Record<Kind, Terraform>>;
type Durations = Readonly<Record<Kind, { readonly applyMs: number[]; readonly planMs: number[] }>>;

export async function benchCellScale(cells: number, rounds: number): Promise<Figure[]> {
  const floor = mkdtempSync(join(tmpdir(), 'nexus-bench-'));
  const stacks = await createStacks(floor, cells);
  try {
    // Builds the cells; from then on only the store is asked.
    for (const kind of ['terraform_data', 'nexus_cell'] as const) await stacks[kind].apply();
    copyFileSync(stateOf(stacks.nexus_cell), stateOf(stacks.floor));
    return figuresOf(await measure(stacks, rounds), cells, rounds);
  } finally {
    for (const kind of kinds) await stacks[kind].end();
    rmSync(floor, { recursive: true, force: true });
  }
}

async function createStacks(floor: string, cells: number): Promise<Stacks> {
  const executable = await buildFloor(floor);
  const stacks = {
    terraform_data: await Terraform.installed(providerAddress, providerVersion, executable),
    nexus_cell: await Terraform.installed(providerAddress, providerVersion, executable),
    floor: await Terraform.installed(providerAddress, providerVersion, executable),
  };
  for (const kind of kinds) stacks[kind].write({ 'main.tf.json': JSON.stringify(stackOf(kind, cells)) });
  layProvider(join(__dirname, '../dist/provider'), stacks.nexus_cell.folder, terraformPlatform());
  // One folder for all: a cell's name is part of what it is, so that each is built on its own.
  stacks.nexus_cell.write({ 'cells/tiny/main.c': 'int main(void) {\n  return 0;\n}\n' });
  await stacks.nexus_cell.init();
  await stacks.floor.init();
  return stacks;
}

/** The Go program with our schema, which it answers as it is. @returns its path */
async function buildFloor(folder: string): Promise<string> {
  cpSync(join(__dirname, 'floor'), folder, { recursive: true });
  const schema = await getProviderSchema(new PluginServer(definePlugin(newEnvironment()), () => {}));
  const serialize = providerService().GetProviderSchema?.responseSerialize;
  if (serialize === undefined) throw new Error('No call GetProviderSchema');
  writeFileSync(join(folder, 'schema.bin'), serialize(schema));
  execFileSync('go', ['build', '-o', 'floor', '.'], { cwd: folder, stdio: 'inherit' });
  return join(folder, 'floor');
}

function stackOf(kind: Kind, cells: number): object {
  const isBare = kind === 'terraform_data';
  const body = (index: number): object =>
    isBare
      ? { input: `value ${index}` }
      : { name: `c${index}`, source: 'cells/tiny', pledges: ['clock', 'stdio'] };
  const entries = Array.from({ length: cells }, (_, index) => [`c${index}`, body(index)]);
  const resource = { [isBare ? kind : 'nexus_cell']: Object.fromEntries(entries) };
  const required = { nexus: { source: providerAddress, version: providerVersion } };
  return isBare ? { resource } : { terraform: { required_providers: required }, resource };
}

const stateOf = ({ folder }: Terraform): string => join(folder, 'terraform.tfstate');

async function measure(stacks: Stacks, rounds: number): Promise<Durations> {
  const durations: Durations = {
    terraform_data: { applyMs: [], planMs: [] },
    nexus_cell: { applyMs: [], planMs: [] },
    floor: { applyMs: [], planMs: [] },
  };
  for (let round = 0; round < rounds; round += 1)
    for (const kind of kinds) durations[kind].planMs.push(await timed(() => planOnly(stacks[kind])));
  for (const kind of ['terraform_data', 'nexus_cell'] as const) {
    rmSync(stateOf(stacks[kind]));
    durations[kind].applyMs.push(await timed(() => stacks[kind].apply()));
  }
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

function figuresOf(durations: Durations, cells: number, rounds: number): Figure[] {
  const apply = (kind: Kind): number => median(durations[kind].applyMs) / 1000;
  const plan = (kind: Kind): number => median(durations[kind].planMs) / 1000;
  const count = cells.toLocaleString('en-US');
  const [bare, ours, floor] = [plan('terraform_data'), plan('nexus_cell'), plan('floor')];
  return [
    { name: `plan without a change of ${count} terraform_data (P50 of ${rounds})`, value: bare, unit: 's' },
    { name: `plan of ${count} built nexus_cell`, value: ours, unit: 's' },
    { name: 'against terraform_data, at most 1.5', value: ours / bare, unit: 'times' },
    { name: 'the same, of a provider in Go that does nothing', value: floor, unit: 's' },
    { name: 'that against terraform_data', value: floor / bare, unit: 'times' },
    { name: 'ours against that', value: ours / floor, unit: 'times' },
    { name: `apply of ${count} terraform_data`, value: apply('terraform_data'), unit: 's' },
    { name: `apply of ${count} nexus_cell that were built before`, value: apply('nexus_cell'), unit: 's' },
    {
      name: 'against terraform_data, at most 2',
      value: apply('nexus_cell') / apply('terraform_data'),
      unit: 'times',
    },
  ];
}
