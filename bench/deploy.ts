/**
 * The main job's waits, with images built before: three nodes from the start of the apply to all boot records in the
 * ledger, and a plan without a change, each with Terraform alone and through the CDK's command line, which names what
 * the CDK adds. Beside the plan, one of as many `terraform_data` resources: what Terraform takes by itself.
 * Alone, after `npm run build`: `tsx --conditions=import bench/deploy.ts [rounds]`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProject, type Finished, type Project, runCommand } from '../examples/tinybox-swarm/project';
import { type Figure, median, printFigures } from './figures';

type Series = Record<'apply' | 'plan' | 'bare plan' | 'cdktf deploy' | 'cdktf diff', number[]>;

export async function benchDeploy(rounds: number): Promise<Figure[]> {
  const project = createProject();
  const bare = createBareStack();
  try {
    const series = await measure(project, bare, rounds);
    return figuresOf(series, rounds);
  } finally {
    await project.cdktf('destroy', '--auto-approve');
    project.remove();
    rmSync(bare, { recursive: true, force: true });
  }
}

async function measure(project: Project, bare: string, rounds: number): Promise<Series> {
  const series: Series = { apply: [], plan: [], 'bare plan': [], 'cdktf deploy': [], 'cdktf diff': [] };
  const note = async (name: keyof Series, run: Promise<Finished>): Promise<void> => {
    series[name].push(succeeded(await run).durationMs);
  };
  succeeded(await project.cdktf('deploy', '--auto-approve'));
  succeeded(await terraformIn(bare, 'apply', '-auto-approve'));
  for (let round = 0; round < rounds; round += 1) {
    succeeded(await project.terraform('destroy', '-auto-approve'));
    await note('apply', project.terraform('apply', '-auto-approve'));
    await note('plan', project.terraform('plan', '-detailed-exitcode'));
    await note('bare plan', terraformIn(bare, 'plan', '-detailed-exitcode'));
    await note('cdktf diff', project.cdktf('diff'));
    succeeded(await project.terraform('destroy', '-auto-approve'));
    await note('cdktf deploy', project.cdktf('deploy', '--auto-approve'));
  }
  return series;
}

/** As many resources as the swarm has, of the kind that is built into Terraform. */
function createBareStack(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-'));
  const resources = Array.from({ length: 7 }, (_, index) => [`r${index}`, { input: `value ${index}` }]);
  const stack = { resource: { terraform_data: Object.fromEntries(resources) } };
  writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(stack));
  return folder;
}

function terraformIn(folder: string, ...args: readonly string[]): Promise<Finished> {
  return runCommand(folder, process.env.TERRAFORM_BINARY_NAME ?? 'terraform', args);
}

function succeeded(run: Finished): Finished {
  if (run.code === 0) return run;
  throw new Error(`A measured command ended with ${run.code}:\n${run.stdout}\n${run.stderr}`);
}

function figuresOf(series: Series, rounds: number): Figure[] {
  const seconds = (name: keyof Series): number => median(series[name]) / 1000;
  const [apply, plan, bare] = [seconds('apply'), seconds('plan'), seconds('bare plan')];
  const [deploy, diff] = [seconds('cdktf deploy'), seconds('cdktf diff')];
  return [
    {
      name: `three nodes, apply to all boot records, at most 10 (P50 of ${rounds})`,
      value: apply,
      unit: 's',
    },
    { name: 'the same through cdktf deploy', value: deploy, unit: 's' },
    { name: 'of which the CDK and its synth', value: deploy - apply, unit: 's' },
    { name: 'plan without a change, at most 2', value: plan, unit: 's' },
    { name: 'plan of as many terraform_data', value: bare, unit: 's' },
    { name: 'ours against terraform_data', value: plan / bare, unit: 'times' },
    { name: 'the same plan through cdktf diff', value: diff, unit: 's' },
    { name: 'of which the CDK and its synth', value: diff - plan, unit: 's' },
  ];
}

if (require.main === module) {
  benchDeploy(Number(process.argv[2] ?? 5)).then((figures) => printFigures('Deploying', figures));
}
