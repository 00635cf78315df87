/**
 * How long a synth of many nodes takes, against plain cdktf with as many resources of as many attributes, in the same
 * run: chained, each with a reference to the one before, and without any reference, which is the least that cdktf can do.
 * Alone: `tsx --conditions=import bench/synth.ts`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformResource, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Cell, NexusStack, Profile, Swarm, UtcpMesh } from '../constructs';
import { type Figure, median } from './figures';

/** The most nodes of one mesh. */
const meshNodes = 65;

/** @returns milliseconds for all three, the ratios of runs in pairs, and how much more a node costs among the most */
export async function benchSynth(
  counts: readonly number[] = [100, 1_000, 10_000],
  rounds = 5,
): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-synth-'));
  try {
    prepare(folder);
    measure(folder, 1_000, 1);
    const rows = counts.map((count) => ({ count, ...measure(folder, count, rounds) }));
    const [first, last] = [rows[0], rows.at(-1)];
    const growth = first && last ? last.nexusMs / last.count / (first.nexusMs / first.count) : Number.NaN;
    return [
      ...rows.flatMap(({ count, nexusMs, chainedMs, bareMs, overChained, overBare }) => [
        { name: `synth of ${count} nodes`, value: nexusMs, unit: 'ms' },
        { name: `plain cdktf, ${count} chained resources`, value: chainedMs, unit: 'ms' },
        { name: `plain cdktf, ${count} resources without references`, value: bareMs, unit: 'ms' },
        { name: `${count} against chained ones${limit(count)}`, value: overChained, unit: 'times' },
        { name: `${count} against those without references${limit(count)}`, value: overBare, unit: 'times' },
      ]),
      { name: `a node among ${last?.count} against one among ${first?.count}`, value: growth, unit: 'times' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is asked of the most nodes; with few of them the provider's files are most of the time. */
const limit = (count: number): string => (count === 10_000 ? ', at most 1.3' : '');

function prepare(folder: string): void {
  mkdirSync(join(folder, 'provider'));
  mkdirSync(join(folder, 'cell'));
  writeFileSync(join(folder, 'provider/terraform-provider-nexus.js'), '');
  writeFileSync(join(folder, 'cell/main.c'), '');
}

interface Times {
  readonly nexusMs: number;
  readonly chainedMs: number;
  readonly bareMs: number;
}

interface Row extends Times {
  readonly overChained: number;
  readonly overBare: number;
}

/** The middle of several rounds; a ratio is taken within a round, so that a busy machine is busy for both. */
function measure(folder: string, count: number, rounds: number): Row {
  const times = Array.from({ length: rounds }, (_, round) => measureRound(folder, count, round % 2 === 1));
  const middle = (value: (round: Times) => number): number => median(times.map(value));
  return {
    nexusMs: middle(({ nexusMs }) => nexusMs),
    chainedMs: middle(({ chainedMs }) => chainedMs),
    bareMs: middle(({ bareMs }) => bareMs),
    overChained: middle(({ nexusMs, chainedMs }) => nexusMs / chainedMs),
    overBare: middle(({ nexusMs, bareMs }) => nexusMs / bareMs),
  };
}

/** The three one after the other, ours between the two, in this order or the other. */
function measureRound(folder: string, count: number, isReversed: boolean): Times {
  const times = { nexusMs: 0, chainedMs: 0, bareMs: 0 };
  const runs: readonly (readonly [keyof Times, () => void])[] = [
    ['bareMs', () => synthPlain(folder, count, false)],
    ['nexusMs', () => synthNexus(folder, count)],
    ['chainedMs', () => synthPlain(folder, count, true)],
  ];
  for (const [name, run] of isReversed ? runs.toReversed() : runs) times[name] = timed(run);
  return times;
}

function timed(action: () => void): number {
  globalThis.gc?.();
  const started = performance.now();
  action();
  return performance.now() - started;
}

/** As many meshes as the nodes need, each with one swarm. */
function synthNexus(folder: string, count: number): void {
  const app = new App({ outdir: join(folder, 'nexus.out') });
  const stack = new NexusStack(app, 'bench', { providerPackage: join(folder, 'provider') });
  const cell = new Cell(stack, 'hello', { source: join(folder, 'cell'), pledges: ['stdio', 'mesh'] });
  for (let first = 0, index = 0; first < count; first += meshNodes, index += 1) {
    const mesh = new UtcpMesh(stack, `mesh${index}`, { members: [cell] });
    const nodes = Math.min(meshNodes, count - first);
    new Swarm(stack, `n${index}`, { profile: Profile.tinybox(), cells: [cell], mesh, nodes });
  }
  app.synth();
}

/** A resource with the attributes of a node, each of its own or a reference to the resource before. */
class Plain extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly before: Plain | undefined,
  ) {
    super(scope, id, { terraformResourceType: 'plain_node' });
  }

  get publicKeys(): string {
    return this.getStringAttribute('public_keys');
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return {
      node: this.node.id,
      release: 'release',
      mesh: 'mesh',
      peers: this.before?.publicKeys ?? 'peers',
      host: { name: 'local', memory_mib: 16, accelerator: 'tcg' },
    };
  }
}

function synthPlain(folder: string, count: number, isChained: boolean): void {
  const app = new App({ outdir: join(folder, 'plain.out') });
  const stack = new TerraformStack(app, 'bench');
  let before: Plain | undefined;
  for (let index = 0; index < count; index += 1)
    before = new Plain(stack, `n${index}`, isChained ? before : undefined);
  app.synth();
}

if (require.main === module)
  benchSynth().then((figures) => {
    for (const { name, value, unit } of figures)
      console.log(`${value.toFixed(2).padStart(10)} ${unit}  ${name}`);
  });
