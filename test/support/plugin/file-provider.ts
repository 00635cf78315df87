/** A small provider for tests of the plugin framework: `demo_file` is a file in a folder. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AttributeError,
  type PluginDefinition,
  pluginFor,
  provider,
  providerFunction,
} from '../../../providers/plugin';
import {
  bool,
  defineDataSource,
  defineFunction,
  defineProvider,
  defineResource,
  dynamic,
  isUnknown,
  lengthBetween,
  list,
  map,
  matches,
  number,
  object,
  set,
  string,
  timeouts,
  wholeNumber,
} from '../../../schema';

export const address = 'factory.nexus.internal/test/demo';
export const version = '0.0.1';

interface Client {
  readonly folder: string;
}

const { resource, dataSource } = pluginFor<Client>();

const providerSchema = defineProvider({
  description: 'Files, for tests.',
  attributes: { folder: string({ required: true, description: 'Where the files are.' }) },
});

const fileSchema = defineResource({
  typeName: 'demo_file',
  version: 1,
  description: 'A file.',
  attributes: {
    name: string({
      required: true,
      forcesReplacement: true,
      validate: [matches(/^[a-z.]+$/, 'lower-case letters and dots')],
    }),
    content: string({ required: true, sameMeaning: (a, b) => a.trimEnd() === b.trimEnd() }),
    mode: number({ default: 0o644, validate: [wholeNumber(0, 0o777)] }),
    labels: map(string()),
    tags: set(string(), { validate: [lengthBetween(0, 3)] }),
    owner: object({
      name: string({ required: true }),
      admin: bool({ default: false }),
      id: string({ computed: true }),
    }),
    parts: list(object({ text: string({ required: true }), size: number({ computed: true }) })),
    anything: dynamic(),
    ratio: number(),
    secret_wo: string({ writeOnly: true }),
    secret_version: string(),
    old: string({ deprecation: 'Use content.' }),
    slow_ms: number({ description: 'How long create takes.' }),
    fail: string({ description: 'Create writes the file, then fails with this message.' }),
    id: string({ computed: true, keepStateWhenUnknown: true }),
    digest: string({ computed: true }),
    timeouts: timeouts({ create: '20s' }),
  },
});

const digestOf = (text: string): string => createHash('sha256').update(text.trimEnd()).digest('hex');
const pathOf = (client: Client, name: string): string => `${client.folder}/${name}`;

export const file = resource(fileSchema, {
  validate(config) {
    if (config.content === config.name && !isUnknown(config.content))
      throw new AttributeError(
        'content',
        'Cannot use this content: the same as the name',
        'Write something else.',
      );
  },

  async plan({ planned }, ctx) {
    if (planned.content === 'warn') ctx.warn('Odd content', 'It says "warn".', 'content');
    if (isUnknown(planned.content)) return planned;
    return { ...planned, digest: digestOf(planned.content) };
  },

  async create(planned, ctx) {
    const path = pathOf(ctx.client, planned.name);
    if (existsSync(path))
      throw new AttributeError('name', `Cannot create "${path}": it is there already`, 'Import it.');
    writeFileSync(path, planned.content, { mode: planned.mode });
    ctx.private.set('secretLength', ctx.config.secret_wo?.length ?? -1);
    ctx.save({ id: planned.name });
    await sleep(planned.slow_ms ?? 0, undefined, { signal: ctx.signal }).catch(() =>
      ctx.signal.throwIfAborted(),
    );
    if (planned.fail !== null) throw Object.assign(new Error(planned.fail), { hint: 'Leave `fail` out.' });
    return stateOf(planned, planned.name);
  },

  async read(prior, ctx) {
    const path = pathOf(ctx.client, prior.name);
    if (!existsSync(path)) return undefined;
    const content = readFileSync(path, 'utf8');
    return {
      ...prior,
      content,
      id: prior.name,
      digest: digestOf(content),
    };
  },

  async update({ planned, prior }, ctx) {
    writeFileSync(pathOf(ctx.client, planned.name), planned.content);
    return stateOf(planned, prior.id ?? planned.name);
  },

  async delete(prior, ctx) {
    rmSync(pathOf(ctx.client, prior.name), { force: true });
  },

  async importState(id, ctx) {
    if (existsSync(pathOf(ctx.client, id))) return { name: id, content: '' };
    throw new Error(`no file "${id}"`);
  },

  upgrade: { 0: ({ text = '', ...rest }) => ({ ...rest, content: text }) },

  async moveState({ typeName, state }) {
    if (typeName !== 'terraform_data') return undefined;
    const { input } = state;
    const name = typeof input === 'object' && input !== null && 'value' in input ? input.value : input;
    return { name: String(name), content: '' };
  },
});

type Planned = Parameters<Parameters<typeof resource<typeof fileSchema>>[1]['create']>[0];

function stateOf(planned: Planned, id: string) {
  const { owner, parts } = planned;
  return {
    ...planned,
    owner: owner && { ...owner, id: digestOf(owner.name).slice(0, 8) },
    parts: parts?.map((part) => ({ ...part, size: part.text.length })) ?? null,
    id,
    digest: digestOf(planned.content),
  };
}

const listing = dataSource(
  defineDataSource({
    typeName: 'demo_listing',
    description: 'Whether a file is there.',
    attributes: { name: string({ required: true }), exists: bool({ computed: true }) },
  }),
  { read: async ({ name }, ctx) => ({ name, exists: existsSync(pathOf(ctx.client, name)) }) },
);

const join = providerFunction(
  defineFunction({
    name: 'join_words',
    summary: 'Joins words',
    description: 'Joins words with a separator.',
    parameters: { words: list(string()), separator: string({ validate: [lengthBetween(1, 3)] }) },
    returns: string(),
  }),
  ({ words, separator }) => words.join(separator),
);

export const definition: PluginDefinition<Client> = {
  address,
  version,
  provider: provider(providerSchema, {
    configure: ({ folder }) => ({ folder: isUnknown(folder) ? '' : folder }),
  }),
  resources: [file],
  dataSources: [listing],
  functions: [join],
};
