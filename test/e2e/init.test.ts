/** A repository made by the built `nexus init`: its own `npm test` passes at once, and it deploys, the canary first. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Finished, linkPackages, runCommand } from '../../examples/tinybox-swarm/project';

jest.setTimeout(300_000);

const root = path.join(__dirname, '../..');
const packages = ['@types/node', 'cdktf', 'constructs', 'tsx', 'typescript', 'vitest'];
const programs = ['cdktf', 'tsc', 'tsx', 'vitest'];
let parent: string;
let folder: string;
beforeAll(async () => {
  parent = mkdtempSync(path.join(tmpdir(), 'nexus-init-'));
  folder = path.join(parent, 'infra');
  succeeded(await runCommand(parent, process.execPath, [path.join(root, 'dist/nexus.js'), 'init', 'infra']));
  linkPackages(folder, packages, programs);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

function succeeded(finished: Finished): string {
  const { code, stdout, stderr } = finished;
  if (code !== 0) throw new Error(`ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

const npm = async (...args: readonly string[]) => succeeded(await runCommand(folder, 'npm', args));

test('npm test passes at once and changes no snapshot', async () => {
  const snapshot = path.join(folder, 'test/__snapshots__/stack.test.ts.snap');
  const before = readFileSync(snapshot, 'utf8');
  expect(await npm('test')).toMatch(/Tests {2}3 passed/);
  expect(readFileSync(snapshot, 'utf8')).toBe(before);
});

test('it deploys, the canary before the others, and is destroyed', async () => {
  const log = await npm('run', 'deploy', '--', '--auto-approve');
  try {
    const place = (name: string, what: string) => {
      const found = log.search(new RegExp(`${name}\\b.*: ${what}`));
      expect({ name, what, isFound: found >= 0 }).toEqual({ name, what, isFound: true });
      return found;
    };
    const gate = place('terraform_data.rollout-wave-1', 'Creation complete');
    expect(gate).toBeGreaterThan(place('nexus_deployment.n-0', 'Creation complete'));
    for (const node of ['n-1', 'n-2'])
      expect(place(`nexus_deployment.${node}`, 'Creating')).toBeGreaterThan(gate);
  } finally {
    await npm('run', 'destroy', '--', '--auto-approve');
  }
});
