/** The provider of `plugin-scale.ts`: its handlers do nothing, so that what is measured is the framework. */
import { type PluginDefinition, pluginFor, provider } from '../providers/plugin';
import { defineProvider, defineResource, number, set, string } from '../schema';

export const address = 'factory.nexus.internal/bench/scale';
export const version = '0.0.1';

const { resource } = pluginFor<object>();
const built = { digest: 'd'.repeat(64), cid: 'c'.repeat(59), size_bytes: 4096, receipt: 'r'.repeat(59) };

/** As many attributes as a built cell has, of the same kinds. */
const thing = resource(
  defineResource({
    typeName: 'scale_thing',
    version: 0,
    description: 'A thing.',
    attributes: {
      name: string({ required: true, forcesReplacement: true }),
      source: string({ required: true }),
      pledges: set(string(), { required: true }),
      stack_bytes: number({ default: 4096 }),
      digest: string({ computed: true, keepStateWhenUnknown: true }),
      cid: string({ computed: true }),
      size_bytes: number({ computed: true }),
      receipt: string({ computed: true }),
    },
  }),
  {
    create: async (planned) => ({ ...planned, ...built }),
    read: async (prior) => prior,
    update: async ({ planned }) => ({ ...planned, ...built }),
    delete: async () => {},
  },
);

export const definition: PluginDefinition<object> = {
  address,
  version,
  provider: provider(defineProvider({ description: 'Things.', attributes: {} }), { configure: () => ({}) }),
  resources: [thing],
};
