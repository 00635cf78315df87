/**
 * One program on both engines, each with its own CLI and really deployed: the import is all that differs. CDK Terrain's
 * CLI runs on Node 24, and so do the program and the provider that it starts.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createProject, type Engine, type Project } from '../../examples/tinybox-swarm/project';

jest.setTimeout(300_000);

interface Status {
  readonly nodes: readonly { readonly node: string; readonly status: string; readonly release: string }[];
}

async function deployAndDestroy(engine: Engine): Promise<Status> {
  const project = createProject(undefined, engine);
  try {
    await succeed(project, 'deploy', '--auto-approve');
    expect(readFileSync(path.join(project.stackFolder, 'cdk.tf.json'), 'utf8')).toContain('nexus_deployment');
    const { stdout } = await project.nexus('status', '--json');
    return JSON.parse(stdout) as Status;
  } finally {
    await succeed(project, 'destroy', '--auto-approve');
    project.remove();
  }
}

async function succeed(project: Project, ...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await project.cdktf(...args);
  expect({ code, output: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, output: '' });
}

test('the example deploys through both CLIs, and is the same release', async () => {
  const [onCdktf, onCdktn] = [await deployAndDestroy('cdktf'), await deployAndDestroy('cdktn')];
  expect(onCdktf.nodes.map(({ node, status }) => [node, status])).toEqual([
    ['n-0', 'running'],
    ['n-1', 'running'],
    ['n-2', 'running'],
  ]);
  const described = ({ nodes }: Status) => nodes.map(({ node, status, release }) => [node, status, release]);
  expect(described(onCdktn)).toEqual(described(onCdktf));
});
