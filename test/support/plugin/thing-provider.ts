/**
 * A provider in memory for what `file-provider.ts` has not: blocks, identity, lists, actions, ephemeral values,
 * deferral, variadic functions.
 */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { type PluginDefinition, pluginFor, provider, providerFunction } from '../../../providers/plugin';
import {
  bool,
  defineAction,
  defineEphemeralResource,
  defineFunction,
  defineListResource,
  defineProvider,
  defineResource,
  isUnknown,
  lengthBetween,
  listBlock,
  mapBlock,
  number,
  setBlock,
  singleBlock,
  string,
  timeouts,
} from '../../../schema';

export interface Stored {
  readonly zone: string;
  readonly text: string;
  readonly passwordLength: number;
}

/** What stands outside of Terraform. */
export class World {
  readonly things = new Map<string, Stored>();
  /** What happened, in order. */
  readonly log: string[] = [];
}

const { resource, dataSource, ephemeralResource, listResource, action } = pluginFor<World>();

export const thingSchema = defineResource({
  typeName: 'demo_thing',
  version: 0,
  description: 'A thing.',
  attributes: {
    name: string({ required: true, forcesReplacement: true }),
    zone: string({ default: 'north', forcesReplacement: true }),
    text: string({ default: '' }),
    password_wo: string({ writeOnly: true }),
    password_wo_version: number({ description: 'Raised to set the password again.' }),
    old: string({ deprecation: 'Use text.' }),
    id: string({ computed: true, keepStateWhenUnknown: true }),
    owner: singleBlock({ name: string({ required: true }), admin: bool({ default: false }) }),
    rule: listBlock(
      {
        port: number({ required: true }),
        hits: number({ computed: true }),
        match: listBlock({ text: string({ required: true }) }, { maxItems: 2 }),
      },
      { maxItems: 3 },
    ),
    tag: setBlock({ key: string({ required: true }), value: string({ default: 'yes' }) }),
    peer: mapBlock({ key: string({ required: true }) }, { maxItems: 2 }),
    timeouts: timeouts({ create: '5m' }),
  },
  identity: { version: 1, attributes: { zone: string(), name: string({ required: true }) } },
});

type Planned = Parameters<Parameters<typeof resource<typeof thingSchema>>[1]['create']>[0];

const withComputed = (planned: Planned) => ({
  ...planned,
  id: `${planned.zone}/${planned.name}`,
  rule: planned.rule.map((rule) => ({ ...rule, hits: rule.port % 10 })),
});

export const thing = resource(thingSchema, {
  async plan({ planned }, ctx) {
    if (planned.name === 'later') ctx.defer('absent-prerequisite');
    return planned;
  },
  async create(planned, ctx) {
    const passwordLength = ctx.config.password_wo?.length ?? -1;
    ctx.client.things.set(planned.name, { zone: planned.zone, text: planned.text, passwordLength });
    if (planned.text === 'half way') {
      ctx.save({ name: planned.name });
      throw new Error('stopped half way');
    }
    return withComputed(planned);
  },
  async read(prior, ctx) {
    if (prior.name === 'later') ctx.defer('absent-prerequisite');
    const stored = ctx.client.things.get(prior.name);
    return stored && { ...prior, text: stored.text, zone: stored.zone, id: `${stored.zone}/${prior.name}` };
  },
  async update({ planned, prior }, ctx) {
    const stored = ctx.client.things.get(planned.name);
    const isNew = planned.password_wo_version !== prior.password_wo_version;
    const passwordLength = isNew ? (ctx.config.password_wo?.length ?? -1) : (stored?.passwordLength ?? -1);
    ctx.client.things.set(planned.name, { zone: planned.zone, text: planned.text, passwordLength });
    return withComputed(planned);
  },
  async delete(prior, ctx) {
    ctx.client.things.delete(prior.name);
  },
  async importState(name) {
    return { name };
  },
  async importByIdentity({ name, zone }, ctx) {
    if (name === 'later') ctx.defer('absent-prerequisite');
    return { name, ...(zone === null ? {} : { zone }) };
  },
  identity: ({ name, zone }) => ({ name, zone }),
  upgradeIdentity: { 0: ({ label = '', ...rest }) => ({ ...rest, name: label, zone: 'north' }) },
  async moveState({ typeName, identity, identityVersion }) {
    if (typeName !== 'other_thing') return undefined;
    return { name: `${identity?.name}-${identityVersion}` };
  },
});

const probe = dataSource(
  {
    typeName: 'demo_probe',
    description: 'Whether a thing is there.',
    attributes: { name: string({ required: true }), exists: bool({ computed: true }) },
  },
  {
    async read({ name }, ctx) {
      if (name === 'later') ctx.defer('absent-prerequisite');
      return { name, exists: ctx.client.things.has(name) };
    },
  },
);

const token = ephemeralResource(
  defineEphemeralResource({
    typeName: 'demo_token',
    description: 'A token.',
    attributes: {
      subject: string({ required: true, validate: [lengthBetween(1, 20)] }),
      value: string({ computed: true, sensitive: true }),
    },
  }),
  {
    async open({ subject }, ctx) {
      if (subject === 'later') ctx.defer('absent-prerequisite');
      ctx.client.log.push(`open ${subject}`);
      ctx.private.set('subject', subject);
      if (subject === 'short') ctx.renewAt(new Date(Date.now() + 200));
      if (subject === 'dated') ctx.renewAt(new Date(1_500));
      return { subject, value: `token-of-${subject}` };
    },
    async renew(ctx) {
      ctx.client.log.push(`renew ${String(ctx.private.get('subject'))}`);
      ctx.private.set('renewed', true);
      const isDated = ctx.private.get('subject') === 'dated';
      ctx.renewAt(new Date(isDated ? 2_500 : Date.now() + 600_000));
    },
    async close(ctx) {
      ctx.client.log.push(`close ${String(ctx.private.get('subject'))}`);
    },
  },
);

const things = listResource(
  thingSchema,
  defineListResource({
    typeName: 'demo_thing',
    description: 'Things of a zone.',
    attributes: { zone: string({ validate: [lengthBetween(1, 10)] }) },
  }),
  {
    async *list({ zone }, ctx) {
      try {
        for (const [name, stored] of ctx.client.things) {
          if (zone !== null && stored.zone !== zone) continue;
          ctx.client.log.push(`found ${name}`);
          const identity = { name, zone: stored.zone };
          yield { displayName: `Thing ${name}`, identity, resource: thingState(name, stored) };
        }
        for (let count = 0; zone === 'endless'; count += 1) {
          await setImmediate();
          const identity = { name: `n${count}`, zone };
          yield { displayName: 'x'.repeat(1000), identity };
        }
        if (zone === 'broken') throw new Error('the zone does not answer');
      } finally {
        ctx.client.log.push('list ended');
      }
    },
  },
);

function thingState(name: string, { zone, text }: Stored) {
  return {
    name,
    zone,
    text,
    password_wo: null,
    password_wo_version: null,
    old: null,
    id: `${zone}/${name}`,
    owner: null,
    rule: [],
    tag: [],
    peer: {},
    timeouts: null,
  };
}

const shake = action(
  defineAction({
    typeName: 'demo_shake',
    description: 'Shakes a thing.',
    attributes: { name: string({ required: true }), times: number({ required: true }) },
  }),
  {
    validate({ times }) {
      if (times === 0) throw new Error('nothing to do');
    },
    plan({ name }, ctx) {
      if (isUnknown(name)) ctx.defer('configuration-unknown');
      if (name === 'fragile') ctx.warn('It may break', 'Shake it with care.', 'name');
    },
    async invoke({ name, times }, ctx) {
      for (let count = 1; count <= times; count += 1) ctx.progress(`${name}: ${count} of ${times}`);
      if (name === 'endless') {
        ctx.client.log.push('shaking');
        await once(ctx.signal, 'abort');
        ctx.signal.throwIfAborted();
      }
      if (name === 'fragile') throw new Error('it broke');
      ctx.client.log.push(`shook ${name}`);
    },
  },
);

const joinAll = providerFunction(
  defineFunction({
    name: 'join_all',
    summary: 'Joins words',
    description: 'Joins all words with a separator.',
    parameters: { separator: string() },
    variadic: { words: string({ validate: [lengthBetween(1, 5)] }) },
    returns: string(),
  }),
  ({ separator, words }) => words.join(separator),
);

export function thingProvider(world: World): PluginDefinition<World> {
  const schema = defineProvider({ description: 'Things.', attributes: { folder: string() } });
  return {
    address: 'factory.nexus.internal/test/demo',
    version: '0.0.1',
    provider: provider(schema, {
      configure({ folder }, ctx) {
        if (isUnknown(folder)) ctx.defer('provider-configuration-unknown');
        return world;
      },
    }),
    resources: [thing],
    dataSources: [probe],
    functions: [joinAll],
    ephemeralResources: [token],
    listResources: [things],
    actions: [shake],
  };
}
