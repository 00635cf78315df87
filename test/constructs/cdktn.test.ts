/** The entry point for CDK Terrain: the same source with another engine writes the same stack folder. */
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { createFixture, type Fixture, readTree, writeTree } from './_fixture';

const root = path.join(__dirname, '../..');
let fixture: Fixture;
beforeAll(() => {
  fixture = createFixture();
  symlinkSync(path.join(root, 'node_modules'), path.join(fixture.folder, 'node_modules'));
});
afterAll(() => fixture.remove());

const program = `
const path = require('node:path');
const { App, Cell, Fleet, NexusStack, Policies, Profile, Swarm, UtcpMesh } = require('./nexus-factory');
const { Aspects } = require(process.argv[2]);
const app = new App();
const stack = new NexusStack(app, 'swarm', { providerPackage: path.join(__dirname, '../provider') });
const hello = new Cell(stack, 'hello', { source: path.join(__dirname, '../cells/hello'), pledges: ['mesh'] });
const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
const swarm = new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 3 });
new Fleet(stack, 'rollout', { swarms: [swarm], waves: [1, '50%'] });
Aspects.of(stack).add(Policies.imagesUnderBudget());
app.synth();
`;

/** Builds the library as scripts/build.mjs does, runs a program with it, and gives the files of its stack. */
function synthOn(engine: 'cdktf' | 'cdktn'): Record<string, string> {
  const folder = path.join(fixture.folder, engine);
  buildSync({
    absWorkingDir: root,
    entryPoints: ['constructs/index.ts'],
    outfile: path.join(folder, 'nexus-factory.js'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: [engine, 'constructs'],
    ...(engine === 'cdktn' ? { alias: { cdktf: 'cdktn' } } : {}),
  });
  writeTree(folder, { 'main.js': program });
  const { status, stderr } = spawnSync(process.execPath, ['main.js', engine], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return readTree(path.join(folder, 'cdktf.out/stacks/swarm'));
}

/** Both engines note their own version for themselves. */
const withoutNotes = (files: Record<string, string>) => ({
  ...files,
  'cdk.tf.json': files['cdk.tf.json']?.replace(/"version": "0\.2\d\.\d"/, '"version": ""'),
});

test('both engines write the same files', () => {
  const onCdktf = synthOn('cdktf');
  expect(Object.keys(onCdktf)).toEqual(expect.arrayContaining(['cdk.tf.json', 'system-n.kdl']));
  expect(withoutNotes(synthOn('cdktn'))).toEqual(withoutNotes(onCdktf));
});
