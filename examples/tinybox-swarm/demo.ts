/**
 * The main job, end to end, with nothing mocked: three nodes are deployed, verified, changed, rolled back by the CID of
 * their first release, verified again; one is killed and found by the next plan; all is destroyed. `npm run demo`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProject, type Finished, type Project } from './project';

/** One thing that was done and what was seen of it. */
export interface Step {
  readonly title: string;
  readonly seen: string;
  readonly durationMs: number;
}

/** @param signal stops before the next step, and then takes everything down */
export async function runDemo(
  report: (text: string) => void,
  signal?: AbortSignal,
): Promise<readonly Step[]> {
  const project = createProject((line) => process.env.NEXUS_DEMO_VERBOSE && report(`    ${line}`));
  const steps: Step[] = [];
  const step = async (title: string, act: () => Promise<string>): Promise<void> => {
    signal?.throwIfAborted();
    report(`  ${title} …`);
    const started = performance.now();
    const seen = await act();
    steps.push({ title, seen, durationMs: performance.now() - started });
    report(`    ${seen}`);
  };
  try {
    await playOut(project, step);
  } catch (error) {
    report('  Taking everything down …');
    await takeDown(project);
    // What an interrupted command printed is no reason.
    signal?.throwIfAborted();
    throw error;
  }
  project.remove();
  return steps;
}

/** A demo that ended half way leaves no node behind. What cannot be destroyed is kept, with the way to do it by hand. */
async function takeDown(project: Project): Promise<void> {
  const destroyed = await project.cdktf('destroy', '--auto-approve').catch(() => undefined);
  if (destroyed?.code === 0 || !existsSync(join(project.stateFolder, 'nodes'))) return project.remove();
  throw new Error(`Nodes may be left: run \`cdktf destroy\` in ${project.folder}, then remove that folder`);
}

type Play = (title: string, act: () => Promise<string>) => Promise<void>;

async function playOut(project: Project, step: Play): Promise<void> {
  let first = '';
  await step('Deploy three nodes with `cdktf deploy`', async () => {
    await deploy(project);
    first = await currentRelease(project);
    return `release ${short(first)}; ${await nodesInWords(project)}`;
  });
  await step('Verify all of them and the ledger with `nexus verify`', () => verifyAll(project));
  await step('Deploy again: nothing to change', async () => {
    const { stdout } = expectCode(0, await project.cdktf('deploy', '--auto-approve'), 'cdktf deploy');
    return expectText(stdout, /No changes|0 added, 0 changed, 0 destroyed/i, 'a deploy without a change');
  });
  await step('Change the cell and deploy a second release', async () => {
    changeGreeting(project);
    await deploy(project);
    const second = await currentRelease(project);
    if (second === first) throw new Error('The changed cell gave no new release');
    return `release ${short(second)}; ${await nodesInWords(project)}`;
  });
  await step('Roll back to the first release with `nexus rollback CID`', async () => {
    expectCode(0, await project.nexus('rollback', first), 'nexus rollback');
    return `${await nodesInWords(project)}`;
  });
  await step('Verify again', () => verifyAll(project));
  await step('Kill one node by hand and plan', () => killAndPlan(project));
  await step('Deploy again: the node is back', async () => {
    await deploy(project);
    return nodesInWords(project);
  });
  await step('Destroy everything with `cdktf destroy`', () => destroyAll(project));
}

async function deploy(project: Project): Promise<void> {
  expectCode(0, await project.cdktf('deploy', '--auto-approve'), 'cdktf deploy');
}

interface StatusReport {
  readonly nodes: readonly {
    readonly node: string;
    readonly status: string;
    readonly release: string;
    readonly image: string;
    readonly pid: number | null;
    readonly peersHeard: number;
  }[];
}

async function status(project: Project): Promise<StatusReport> {
  // Exit code 3 says that a node does not run; the report says which.
  const { stdout, stderr } = await project.nexus('status', '--json');
  try {
    return JSON.parse(stdout) as StatusReport;
  } catch {
    throw new Error(`\`nexus status --json\` printed no JSON: ${stdout}${stderr}`);
  }
}

async function currentRelease(project: Project): Promise<string> {
  const { nodes } = await status(project);
  const releases = [...new Set(nodes.map(({ release }) => release))];
  if (releases.length !== 1 || releases[0] === undefined)
    throw new Error(`The nodes run ${releases.length} releases`);
  return releases[0];
}

async function nodesInWords(project: Project): Promise<string> {
  const { nodes } = await status(project);
  const running = nodes.filter((node) => node.status === 'running').length;
  const images = [...new Set(nodes.map(({ image }) => short(image)))].join(', ');
  if (running !== 3) throw new Error(`${running} of 3 nodes run: ${JSON.stringify(nodes)}`);
  return `${running} nodes run image ${images}`;
}

async function verifyAll(project: Project): Promise<string> {
  const { stdout } = expectCode(0, await project.nexus('verify', '--json'), 'nexus verify');
  const { checks } = JSON.parse(stdout) as { checks: readonly { ok: boolean }[] };
  if (checks.length === 0) throw new Error('`nexus verify` checked nothing');
  return `${checks.length} checks, ${checks.filter(({ ok }) => ok).length} hold`;
}

/** What a developer would do: another greeting in the cell's source. */
function changeGreeting(project: Project): void {
  const file = join(project.folder, 'cells/hello/main.c');
  const before = readFileSync(file, 'utf8');
  const after = before.replace('#define VERSION 1', '#define VERSION 2');
  if (after === before) throw new Error(`No "#define VERSION 1" to change in ${file}`);
  writeFileSync(file, after);
}

async function killAndPlan(project: Project): Promise<string> {
  const { nodes } = await status(project);
  const victim = nodes[1];
  if (victim === undefined || victim.pid === null) throw new Error('No node to kill');
  process.kill(victim.pid, 'SIGKILL');
  // Exit code 2 of `plan -detailed-exitcode`: there is something to change.
  const { stdout } = expectCode(
    2,
    await project.terraform('plan', '-detailed-exitcode', '-no-color'),
    'terraform plan',
  );
  expectText(stdout, new RegExp(`${victim.node}[\\s\\S]*status`), 'a plan that names the dead node');
  return expectText(stdout, /Plan: 0 to add, 1 to change, 0 to destroy/, 'a plan for one node');
}

async function destroyAll(project: Project): Promise<string> {
  const { nodes } = await status(project);
  expectCode(0, await project.cdktf('destroy', '--auto-approve'), 'cdktf destroy');
  const left = filesOfNodes(project.stateFolder);
  const alive = nodes.filter(({ pid }) => pid !== null && isAlive(pid));
  if (left.length > 0 || alive.length > 0) {
    throw new Error(
      `Left behind: files ${left.join(', ')}; processes ${alive.map(({ pid }) => pid).join(', ')}`,
    );
  }
  const { stdout } = expectCode(0, await project.nexus('log', '--json'), 'nexus log');
  const { records } = JSON.parse(stdout) as { records: readonly unknown[] };
  return `no process, socket or file of a node is left; the ledger keeps ${records.length} records`;
}

/** Whatever stands below the state folder and belongs to running nodes: folders, sockets, process ids, keys. */
function filesOfNodes(stateFolder: string): string[] {
  const names = readdirSync(stateFolder, { recursive: true }).map(String);
  return names.filter((name) => /^(nodes|meshes)\/|\.sock$|\.pid$|\.lock$/.test(name));
}

/** A process that has ended but was not waited for yet has no command line any more. */
function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) && readFileSync(file, 'utf8') !== '';
}

function expectCode(code: number, finished: Finished, what: string): Finished {
  if (finished.code === code) return finished;
  throw new Error(
    `\`${what}\` ended with ${finished.code}, expected ${code}\n${finished.stdout}\n${finished.stderr}`,
  );
}

function expectText(text: string, pattern: RegExp, what: string): string {
  const found = pattern.exec(text)?.[0].split('\n').at(-1);
  if (found !== undefined) return found.trim();
  throw new Error(`Expected ${what} (${pattern.source}) in:\n${text}`);
}

const short = (cid: string): string => `${cid.slice(0, 7)}…${cid.slice(-6)}`;

export function formatSteps(steps: readonly Step[]): string {
  const width = Math.max(...steps.map(({ title }) => title.length));
  const rows = steps.map(
    ({ title, seen, durationMs }) =>
      `${title.padEnd(width)}  ${(durationMs / 1000).toFixed(1).padStart(6)} s  ${seen}`,
  );
  const total = steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return [...rows, `${'In all'.padEnd(width)}  ${(total / 1000).toFixed(1).padStart(6)} s`].join('\n');
}

async function main(): Promise<void> {
  const stopping = new AbortController();
  // Ctrl-C reaches the running command too; once that has ended, what it made is taken down.
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  }
  const steps = await runDemo((text) => console.log(text), stopping.signal);
  console.log(`\n${formatSteps(steps)}`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
