/**
 * The reference pages, made from the schemas that the provider serves and from the examples in
 * docs/reference/examples. `UPDATE_DOCS=1` with the test reference.test.ts writes them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginDefinition } from '../../providers/plugin';
import type { Attribute, Attributes, FunctionSchema, ValueType } from '../../schema';

export const referenceFolder = join(__dirname, '../../docs/reference');

interface Page {
  /** Without extension; that of its example as well. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly body: string;
}

/** Every page of the provider by its file name, and the index. @param constructs lines of the index on the constructs */
export function renderReference<C>(
  definition: PluginDefinition<C>,
  constructs: string,
): Readonly<Record<string, string>> {
  const pages = pagesOf(definition);
  const files = pages.map((page) => [`${page.name}.md`, renderPage(page)]);
  return { 'README.md': renderIndex(pages, constructs), ...Object.fromEntries(files) };
}

interface Described {
  readonly typeName: string;
  readonly description: string;
  readonly attributes: Attributes;
}

function pagesOf<C>(definition: PluginDefinition<C>): Page[] {
  const { provider, resources, dataSources = [], functions = [] } = definition;
  const { ephemeralResources = [], listResources = [], actions = [] } = definition;
  return [
    {
      name: 'provider',
      title: 'Provider',
      description: provider.schema.description,
      body: renderAttributes(provider.schema.attributes),
    },
    ...resources.map(({ schema }) => pageOf('', 'Resource', schema, renderImport(schema.typeName))),
    ...dataSources.map(({ schema }) => pageOf('data-', 'Data source', schema)),
    ...ephemeralResources.map(({ schema }) => pageOf('ephemeral-', 'Ephemeral resource', schema)),
    ...listResources.map(({ schema }) => pageOf('list-', 'List resource', schema)),
    ...actions.map(({ schema }) => pageOf('action-', 'Action', schema)),
    ...functions.map(({ schema }) => functionPage(schema)),
  ];
}

const dashed = (name: string): string => name.replaceAll('_', '-');

function pageOf(prefix: string, kind: string, schema: Described, more = ''): Page {
  const { typeName, description, attributes } = schema;
  const body = renderAttributes(attributes) + more;
  return { name: prefix + dashed(typeName), title: `${kind} \`${typeName}\``, description, body };
}

function functionPage({ name, description, parameters, returns }: FunctionSchema): Page {
  const call = `\`provider::nexus::${name}(${Object.keys(parameters).join(', ')})\``;
  const rows = Object.entries(parameters).map(
    ([parameter, attribute]) => `| \`${parameter}\` | ${typeText(attribute.type)} | ${remarks(attribute)} |`,
  );
  const table = ['| parameter | type | |', '|---|---|---|', ...rows].join('\n');
  const body = `## Call\n\n${call} gives ${typeText(returns.type)}${fieldsText(returns)}.\n\n${table}\n`;
  return { name: `function-${dashed(name)}`, title: `Function \`${name}\``, description, body };
}

function fieldsText({ type }: Attribute): string {
  if (type.kind !== 'object') return '';
  const fields = Object.entries(type.attributes).map(
    ([name, field]) => `\`${name}\` (${typeText(field.type)})`,
  );
  return ` with ${fields.join(', ')}`;
}

function renderPage({ name, title, description, body }: Page): string {
  const note =
    '<!-- Made from the schema: UPDATE_DOCS=1 npx jest --selectProjects=e2e --testPathPatterns e2e/reference -->';
  return `${note}\n\n# ${title}\n\n${description}\n\n## Example\n\n\`\`\`hcl\n${readExample(name)}\`\`\`\n\n${body}`;
}

function renderIndex(pages: readonly Page[], constructs: string): string {
  const lines = pages.map(({ name, title, description }) => {
    return `- [${title}](${name}.md): ${description.split(/(?<=\.) /)[0]}`;
  });
  return [
    '# Reference\n',
    'Made from schemas, docstrings and types; each example is run or validated by a test.\n',
    `## Constructs\n\n${constructs}`,
    `## Provider\n\n${lines.join('\n')}\n`,
  ].join('\n');
}

/** The file of a page's example. */
export function exampleFile(name: string): string {
  const file = join(referenceFolder, 'examples', name);
  return existsSync(`${file}.tf`) ? `${file}.tf` : `${file}.tfquery.hcl`;
}

function readExample(name: string): string {
  return readFileSync(exampleFile(name), 'utf8').trimEnd().concat('\n');
}

function renderAttributes(attributes: Attributes): string {
  const rows = rowsOf(attributes, '');
  return `## Attributes\n\n${['| attribute | type | set by | |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}

function rowsOf(attributes: Attributes, path: string): string[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    const { type, presence } = attribute;
    const row = `| \`${path}${name}\` | ${typeText(type)} | ${setBy[presence]} | ${remarks(attribute)} |`;
    return [row, ...rowsOf(fieldsOf(type), `${path}${name}.`)];
  });
}

const setBy: Readonly<Record<Attribute['presence'], string>> = {
  required: 'you, required',
  optional: 'you',
  computed: 'the provider',
  'optional-computed': 'you or the provider',
  defaulted: 'you, has a default',
  block: 'you, as blocks',
};

function fieldsOf(type: ValueType): Attributes {
  if (type.kind === 'object') return type.attributes;
  return 'element' in type ? fieldsOf(type.element.type) : {};
}

function typeText(type: ValueType): string {
  if (type.kind === 'dynamic') return 'any';
  return 'element' in type ? `${type.kind} of ${typeText(type.element.type)}` : type.kind;
}

function remarks(attribute: Attribute): string {
  const { description, default: standard, forcesReplacement, sensitive, deprecation } = attribute;
  const rules = attribute.validate.map((rule) => rule.description);
  const texts = [
    description,
    standard === undefined ? '' : `Default \`${JSON.stringify(standard)}\`.`,
    rules.length === 0 ? '' : `Must be: ${rules.join('; ')}.`,
    forcesReplacement === false ? '' : 'A change replaces the resource.',
    sensitive ? 'Hidden in output.' : '',
    deprecation,
  ];
  return texts
    .filter((text) => text !== '')
    .join(' ')
    .replaceAll('|', '\\|');
}

/** What each resource is imported by. */
const imports: Readonly<Record<string, string>> = {
  nexus_cell: "terraform import nexus_cell.hello 'bafy…,cells/hello'   # Variant-CID and source folder",
  nexus_image: 'terraform import nexus_image.n bafk…                  # CID of the image',
  nexus_mesh: 'terraform import nexus_mesh.alpha alpha               # name, of a mesh that a release has',
  nexus_release: 'terraform import nexus_release.swarm bafk…            # CID of the release',
  nexus_deployment: 'terraform import nexus_deployment.n-0 n-0             # name of the node',
};

function renderImport(typeName: string): string {
  const command = imports[typeName];
  if (command === undefined) throw new Error(`No import is described for ${typeName}`);
  return `\n## Import\n\n\`\`\`sh\n${command}\n\`\`\`\n\nTerraform 1.12 and later also imports it by its identity.\n`;
}
