/** The page docs/system-kdl.md is carried out: its examples are read, its errors come out word for word. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  formatError,
  formatLinuxSystem,
  formatMesh,
  formatSystem,
  parseLinuxSystem,
  parseMesh,
  parseSystem,
  parseSystemFile,
  pledges,
  profiles,
} from '../../model';

const page = readFileSync(join(__dirname, '../../docs/system-kdl.md'), 'utf8');
const blocks = [...page.matchAll(/^```(kdl|text)(?: ([a-z-]+))?\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', label, content = '']) => ({ language, label, content }),
);
const parse = (content: string) =>
  content.startsWith('mesh') ? parseMesh(content, 'mesh.kdl') : parseSystemFile(content, 'system.kdl');

const good = blocks.filter(({ language, label }) => language === 'kdl' && label === undefined);
const bad = blocks.filter(({ language, label }) => language === 'kdl' && label !== undefined);

test.each(good.map(({ content }, index) => [index + 1, content] as const))(
  'example %d of the page is read',
  (_, content) => {
    expect(() => parse(content)).not.toThrow();
  },
);

test('the examples of the files have the layout that is written', () => {
  const [system, , linux, mesh] = good.map(({ content }) => content);
  expect(formatLinuxSystem(parseLinuxSystem(linux ?? '', 'system.kdl'))).toBe(linux);
  expect(formatSystem(parseSystem(system ?? '', 'system.kdl'))).toBe(system);
  expect(formatMesh(parseMesh(mesh ?? '', 'mesh.kdl'))).toBe(mesh);
});

test.each(bad.map(({ label, content }) => [label, content]))(
  '%s is refused as the page says',
  (label, content) => {
    const expected = blocks.find((block) => block.language === 'text' && block.label === label);
    let printed = '';
    try {
      parse(content);
    } catch (error) {
      printed = `${formatError(error)}\n`;
    }
    expect(printed).toBe(expected?.content);
  },
);

test('the page names every profile with its state and every pledge with its bit', () => {
  for (const [name, { isBuilt }] of Object.entries(profiles))
    expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\|.*\\| ${isBuilt ? 'yes' : 'no'} \\|$`, 'm'));
  for (const [name, { mask, meaning }] of Object.entries(pledges))
    expect(page).toContain(`| \`${name}\` | ${mask} | ${meaning} |`);
});
