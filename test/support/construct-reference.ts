/**
 * The reference pages of the constructs and of the testing matchers, made from docstrings and types, and from the examples
 * in docs/reference/examples. `UPDATE_DOCS=1` with test/docs/construct-reference.test.ts writes them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as model from '../../model';
import { type Attribute, type Attributes, camelCase, type HasAttributes, type ValueType } from '../../schema';
import type { PublicApi, PublicExport, PublicMember } from './public-api';

const exampleFolder = join(__dirname, '../../docs/reference/examples');

export interface ConstructPage {
  /** Without extension; that of its example as well. */
  readonly name: string;
  readonly title: string;
  readonly exports: readonly PublicExport[];
}

/** What stands behind each entry file. */
export const entryFiles = { constructs: 'constructs/index.ts', testing: 'testing/index.ts' } as const;

/** Ours: what the engine exports is documented by the engine. */
export function ownExports(api: PublicApi, file: string): readonly PublicExport[] {
  return (api[file] ?? []).filter((each) => !each.file.startsWith('node_modules/'));
}

/** A page for each class or value, with the types of its file; a page of all other types; a page of the matchers. */
export function pagesOf(api: PublicApi): readonly ConstructPage[] {
  const all = ownExports(api, entryFiles.constructs);
  const heads = all.filter(({ kind }) => kind === 'class' || kind === 'value' || kind === 'function');
  const pages = heads.map((head) => ({
    name: `construct-${dashed(head.name)}`,
    title: head.name,
    exports: [head, ...all.filter((each) => each !== head && each.file === head.file)],
  }));
  const rest = all.filter((each) => !pages.some(({ exports }) => exports.includes(each)));
  return [
    ...pages.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    { name: 'construct-types', title: 'Types', exports: rest },
    {
      name: 'construct-testing',
      title: 'nexus-factory/testing',
      exports: ownExports(api, entryFiles.testing),
    },
  ];
}

const dashed = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

/** Every page by its file name. */
export function renderConstructPages(api: PublicApi): Readonly<Record<string, string>> {
  const pages = pagesOf(api);
  return Object.fromEntries(pages.map((page) => [`${page.name}.md`, renderPage(page, pages)]));
}

/** Lines of the index. */
export function renderConstructIndex(api: PublicApi): string {
  const lines = pagesOf(api).map(
    ({ name, title, exports }) => `- [\`${title}\`](${name}.md): ${firstSentence(exports)}`,
  );
  return `${lines.join('\n')}\n- \`App\`: the root of a program, the engine's own (cdktf or cdktn).\n`;
}

function firstSentence(exports: readonly PublicExport[]): string {
  const [head] = exports;
  if (head?.kind !== 'class' && head?.name !== 'Policies')
    return exports.map(({ name }) => `\`${name}\``).join(', ');
  return prose(head.description).split(/(?<=[.]) /)[0] ?? '';
}

/** The file of a page's example; of types there is none. */
export function constructExample(name: string): string | undefined {
  const file = join(exampleFolder, `${name}.ts`);
  return existsSync(file) ? file : undefined;
}

function renderPage({ name, title, exports }: ConstructPage, pages: readonly ConstructPage[]): string {
  const note =
    '<!-- Made from the docstrings: UPDATE_DOCS=1 npx jest --selectProjects=unit --testPathPatterns docs/construct-reference -->';
  const [head, ...others] = exports;
  const file = constructExample(name);
  const example = file === undefined ? '' : `## Example\n\n\`\`\`ts\n${readFileSync(file, 'utf8')}\`\`\`\n\n`;
  const isOne = head?.name === title;
  const parts = isOne
    ? [describe(head, pages), example, renderBody(head), ...others.map((each) => renderSection(each, pages))]
    : [example, ...exports.map((each) => renderSection(each, pages))];
  return `${note}\n\n# ${isOne ? `\`${title}\`` : title}\n\n${parts.join('').trimEnd()}\n`;
}

function renderSection(each: PublicExport, pages: readonly ConstructPage[]): string {
  return `## \`${each.name}\`\n\n${describe(each, pages)}${renderBody(each)}`;
}

function describe(each: PublicExport, pages: readonly ConstructPage[]): string {
  const base = pages.find(({ title }) => title === each.base);
  const known = base === undefined ? `\`${each.base}\`` : `[\`${each.base}\`](${base.name}.md)`;
  const texts = [
    prose(each.description),
    each.base === undefined ? '' : `Extends ${known}${each.isAbstract ? '; abstract' : ''}.`,
    throwsText(each.throws),
  ];
  return `${texts.filter((text) => text !== '').join('\n\n')}\n\n`;
}

function renderBody(each: PublicExport): string {
  const signature =
    each.kind === 'type' || each.kind === 'function' ? `\`\`\`ts\n${each.text}\n\`\`\`\n\n` : '';
  const schema = schemaOf(each);
  if (schema !== undefined)
    return signature + renderSchemaProps(schema, each.text.includes('ResourceProps<'));
  return signature + (each.kind === 'interface' ? renderInterface(each) : renderClass(each));
}

function renderInterface({ members }: PublicExport): string {
  const properties = members.filter(({ kind }) => kind === 'property');
  const rows = properties.map((member) =>
    row([`\`${member.name}\``, code(member.type), requiredText(member), prose(member.description)]),
  );
  return table(['property', 'type', 'required or default', ''], rows) + renderMethods(members, '');
}

function renderClass({ name, members }: PublicExport): string {
  const making = members
    .filter(({ kind }) => kind === 'constructor')
    .map(({ type }) => `\`new ${name}${type}\`\n\n`);
  const properties = members.filter(({ kind }) => kind.endsWith('property'));
  const rows = properties.map((member) =>
    row([`\`${qualified(member, name)}\``, code(member.type), withThrows(member)]),
  );
  return making.join('') + table(['property', 'type', ''], rows) + renderMethods(members, name);
}

function renderMethods(members: readonly PublicMember[], owner: string): string {
  const methods = members.filter(({ kind }) => kind.endsWith('method'));
  const rows = methods.map((member) =>
    row([code(qualified(member, owner) + member.type), withThrows(member)]),
  );
  return table(['method', ''], rows);
}

function qualified({ name, kind }: PublicMember, owner: string): string {
  return kind.startsWith('static') ? `${owner}.${name}` : name;
}

function requiredText({ isOptional, default: standard }: PublicMember): string {
  if (!isOptional) return 'required';
  const [, value = '', remark = ''] = /^(?:(.*?) )?- (.*)$/.exec(standard ?? '') ?? [
    undefined,
    standard ?? '',
  ];
  const isCode = /^[\w.'"[\](){}]+$/.test(value);
  return [isCode ? `\`${value}\`` : value, remark].filter((text) => text !== '').join(', ');
}

function withThrows({ description, throws }: PublicMember): string {
  return [prose(description), throwsText(throws)].filter((text) => text !== '').join(' ');
}

const throwsText = (throws: readonly string[]): string =>
  throws.length === 0 ? '' : `Throws ${throws.map(prose).join(' or ')}.`;

/** A docstring as a paragraph: its example stands on the page already, checked by a test. */
function prose(text: string): string {
  return text
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();
}

const code = (text: string): string => `\`${text.replace(/\( /g, '(').replace(/,? \)/g, ')')}\``;

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function table(head: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return '';
  return `${[row(head), `|${'---|'.repeat(head.length)}`, ...rows].join('\n')}\n\n`;
}

/** The schema that a type of props is inferred from. */
function schemaOf({ kind, text }: PublicExport): HasAttributes | undefined {
  const named = kind === 'type' ? /<typeof (\w+)/.exec(text)?.[1] : undefined;
  const value = named === undefined ? undefined : Object.entries(model).find(([name]) => name === named)?.[1];
  return typeof value === 'object' && value !== null && 'attributes' in value
    ? (value as HasAttributes)
    : undefined;
}

function renderSchemaProps({ attributes }: HasAttributes, isResource: boolean): string {
  const metaText = isResource ? " The engine's meta-arguments, like `dependsOn`, may stand beside them." : '';
  const head = ['property', 'type', 'required or default', ''];
  return `${table(head, propRows(attributes, ''))}Any value may be one that Terraform knows only later.${metaText}\n\n`;
}

function propRows(attributes: Attributes, path: string): string[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    if (attribute.presence === 'computed') return [];
    const prop = path + camelCase(name);
    const { type, description } = attribute;
    const inner = type.kind === 'object' ? propRows(type.attributes, `${prop}.`) : [];
    return [row([`\`${prop}\``, code(typeScriptOf(type)), presenceText(attribute), description]), ...inner];
  });
}

function presenceText({ presence, default: standard }: Attribute): string {
  if (presence === 'required') return 'required';
  if (standard !== undefined) return `\`${JSON.stringify(standard)}\``;
  return presence === 'optional-computed' ? 'chosen by the provider' : 'not set';
}

function typeScriptOf(type: ValueType): string {
  if (type.kind === 'bool') return 'boolean';
  if (type.kind === 'dynamic') return 'unknown';
  if (type.kind === 'object') return 'object';
  if (!('element' in type)) return type.kind;
  const element = typeScriptOf(type.element.type);
  return type.kind === 'map' ? `Readonly<Record<string, ${element}>>` : `readonly ${element}[]`;
}

/** What the reader of a page would miss: a description, or a default. */
export function findUndocumented(api: PublicApi): string[] {
  return Object.values(entryFiles).flatMap((file) =>
    ownExports(api, file).flatMap((each) => [
      ...(each.description === '' ? [`${each.name}: no docstring`] : []),
      ...each.members
        .filter(({ kind }) => kind !== 'constructor')
        .flatMap((member) => findUndocumentedMember(member).map((problem) => `${each.name}.${problem}`)),
    ]),
  );
}

function findUndocumentedMember({
  name,
  description,
  isOptional,
  default: standard,
}: PublicMember): string[] {
  const problems = [
    description === '' && `${name}: no docstring`,
    isOptional && standard === undefined && `${name}: optional, and no @default`,
  ];
  return problems.filter((problem) => problem !== false);
}
