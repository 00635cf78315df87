/**
 * The stack's folder of the example, byte for byte, against `test/golden/tinybox-swarm/`.
 * To accept a change: `UPDATE_GOLDEN=1 npx jest test/constructs/golden`.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseKdl } from 'kdljs';
import { App, NexusStack } from '../../constructs';
import { addSwarm, createFixture, type Fixture, readTree } from './_fixture';

const golden = path.join(__dirname, '../golden/tinybox-swarm');
const start = process.cwd();
let fixture: Fixture;
beforeEach(() => {
  fixture = createFixture();
});
afterEach(() => {
  process.chdir(start);
  fixture.remove();
});

/** Synthesizes as a user does, in the folder of the project, and gives the stack's folder. */
function synthIn(folder: string): string {
  mkdirSync(folder, { recursive: true });
  process.chdir(folder);
  const app = new App();
  const stack = new NexusStack(app, 'swarm', { providerPackage: fixture.providerPackage });
  addSwarm(stack, fixture.helloSource, 3);
  app.synth();
  return path.join(folder, 'cdktf.out/stacks/swarm');
}

test('the synthesized folder is the golden one', () => {
  const folder = synthIn(path.join(fixture.folder, 'project'));
  rmSync(path.join(folder, 'terraform.d'), { recursive: true });
  if (process.env.UPDATE_GOLDEN !== undefined) {
    rmSync(golden, { recursive: true, force: true });
    cpSync(folder, golden, { recursive: true });
  }
  expect(readTree(folder)).toEqual(readTree(golden));
});

test('two synths in different folders give the same bytes', () => {
  const first = readTree(synthIn(path.join(fixture.folder, 'one')));
  const second = readTree(synthIn(path.join(fixture.folder, 'other/and/deeper')));
  expect(second).toEqual(first);
});

test('a synth over the folder of an earlier one gives the same bytes', () => {
  const folder = path.join(fixture.folder, 'project');
  const first = readTree(synthIn(folder));
  writeFileSync(path.join(folder, 'cdktf.out/stacks/swarm/system-old.kdl'), '');
  expect(readTree(synthIn(folder))).toEqual(first);
});

test('a second reader of KDL reads what is written', () => {
  const folder = synthIn(path.join(fixture.folder, 'project'));
  for (const file of ['system-n.kdl', 'mesh-alpha.kdl']) {
    const { output, errors } = parseKdl(readFileSync(path.join(folder, file), 'utf8'));
    expect(errors).toEqual([]);
    expect(output?.[0]?.properties).toEqual({ version: 1 });
  }
});
