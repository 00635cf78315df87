/** The page docs/constructs.md is carried out: its examples are type-checked and synthesized, its errors come out. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeTree } from '../constructs/_fixture';
import { runProgram } from '../support/run-program';

const root = path.join(__dirname, '../..');
const page = readFileSync(path.join(root, 'docs/constructs.md'), 'utf8');
const blocks = [...page.matchAll(/^```(ts|ts wrong|text)\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', content = '']) => ({ kind, content }),
);
const [program = '', ...examples] = blocks.filter(({ kind }) => kind === 'ts').map(({ content }) => content);
const ofKind = (kind: string) => blocks.filter((block) => block.kind === kind).map(({ content }) => content);
/** Each wrong example with the errors that the page shows behind it. */
const wrongs = ofKind('ts wrong').map((content, index) => [content, ofKind('text')[index] ?? ''] as const);

let folder: string;
const start = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nexus-docs-'));
  writeTree(folder, { 'cells/hello/main.c': '', 'provider/terraform-provider-nexus.js': '' });
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true, force: true });
});

/** The page's program with an example in it, as the page says: before `app.synth()`. */
function programWith(example: string): string {
  return program.replace('app.synth();', `${example}\napp.synth();`);
}

test('the page has its program and its examples', () => {
  expect(program).toContain('app.synth();');
  expect(examples.length).toBeGreaterThanOrEqual(10);
  expect(wrongs.length).toBeGreaterThanOrEqual(2);
});

test.each([['the program', ''], ...examples.map((example, index) => [`example ${index + 1}`, example])])(
  '%s is synthesized',
  (_, example = '') => {
    runProgram(programWith(example), folder);
    const written = JSON.parse(readFileSync('cdktf.out/stacks/swarm/cdk.tf.json', 'utf8'));
    expect(Object.keys(written.resource.nexus_deployment)).toEqual(
      expect.arrayContaining(['n-0', 'n-1', 'n-2']),
    );
  },
);

test.each(wrongs)('a wrong example ends with the errors that the page shows: %s', (wrong, text) => {
  const lines = text.trimEnd().split('\n');
  const message = messageOf(() => runProgram(programWith(wrong), folder));
  const problems = message.split('\n').map((line) => line.trim());
  expect(problems.filter((line) => /^(\[|hint:)/.test(line))).toEqual(lines.map((line) => line.trim()));
});

function messageOf(action: () => void): string {
  try {
    action();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test('every example is well typed', () => {
  const sources = path.join(folder, 'examples');
  mkdirSync(sources);
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [index, example] of ['', ...ofKind('ts wrong'), ...examples].entries())
    writeFileSync(path.join(sources, `example-${index}.ts`), programWith(example));
  const options = {
    extends: path.join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: { 'nexus-factory': [path.join(root, 'constructs/index.ts')] },
      noUnusedLocals: false,
    },
    include: [sources],
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
  const { stdout } = spawnSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', folder], {
    encoding: 'utf8',
  });
  expect(stdout.split('\n').filter((line) => line.startsWith('examples/'))).toEqual([]);
});
