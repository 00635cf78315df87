/** The reference pages of the constructs are those of the docstrings, and each example is synthesized. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  constructExample,
  entryFiles,
  findUndocumented,
  pagesOf,
  renderConstructPages,
} from '../support/construct-reference';
import { readPublicApi } from '../support/public-api';
import { referenceFolder } from '../support/reference';
import { inProjectFolder, runProgram } from '../support/run-program';

const api = readPublicApi(Object.values(entryFiles));
const pages = renderConstructPages(api);
const names = pagesOf(api).map(({ name }) => name);

test('every export, property and method has its docstring, and every optional property its default', () => {
  expect(names).toEqual(expect.arrayContaining(['construct-cell', 'construct-fleet', 'construct-testing']));
  expect(findUndocumented(api)).toEqual([]);
});

test('what has no docstring or no default is found', () => {
  const member = { name: 'size', kind: 'property', type: 'number', isOptional: true, throws: [] } as const;
  const cell = {
    name: 'Cell',
    kind: 'class',
    file: 'cell.ts',
    text: '',
    base: undefined,
    isAbstract: false,
  } as const;
  const members = [{ ...member, description: '', default: undefined }];
  expect(
    findUndocumented({ [entryFiles.constructs]: [{ ...cell, description: '', throws: [], members }] }),
  ).toEqual(['Cell: no docstring', 'Cell.size: no docstring', 'Cell.size: optional, and no @default']);
});

test('every page is as the docstrings make it (UPDATE_DOCS=1 writes them), and no other is there', () => {
  if (process.env.UPDATE_DOCS === '1')
    for (const [page, text] of Object.entries(pages)) writeFileSync(join(referenceFolder, page), text);
  const there = readdirSync(referenceFolder).filter((name) => /^construct-.*\.md$/.test(name));
  expect(there.sort()).toEqual(Object.keys(pages).sort());
  for (const [page, text] of Object.entries(pages))
    expect([page, readFileSync(join(referenceFolder, page), 'utf8')]).toEqual([page, text]);
});

test('every page but that of types has an example, and every example a page', () => {
  const there = readdirSync(join(referenceFolder, 'examples')).filter((name) => name.endsWith('.ts'));
  const wanted = names.filter((name) => name !== 'construct-types').map((name) => `${name}.ts`);
  expect(there.sort()).toEqual(wanted.sort());
});

test.each(names.filter((name) => name !== 'construct-types'))('the example of %s runs', (name) => {
  const text = readFileSync(constructExample(name) ?? '', 'utf8');
  inProjectFolder((folder) => {
    runProgram(text, folder);
    const stack = join(folder, 'cdktf.out/stacks/swarm/cdk.tf.json');
    expect(existsSync(stack)).toBe(text.includes('app.synth();'));
    if (text.includes('app.synth();')) expect(readFileSync(stack, 'utf8')).toContain('"nexus"');
  });
});
