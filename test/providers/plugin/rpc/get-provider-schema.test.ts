/** GetProviderSchema against the wire: every kind of part, blocks apart from attributes. */
import { thingProvider, World } from '../../../support/plugin/thing-provider';
import { WireClient } from '../../../support/plugin/wire-client';

test('has all kinds of schemas, blocks with their nesting and limits, the variadic parameter', async () => {
  const client = await WireClient.connect(thingProvider(new World()));
  const schema = await client.ask('GetProviderSchema');
  client.close();
  expect(schema).toMatchObject({
    ephemeral_resource_schemas: { demo_token: { block: { attributes: [{ name: 'subject' }, {}] } } },
    list_resource_schemas: { demo_thing: { block: { attributes: [{ name: 'zone' }] } } },
    action_schemas: { demo_shake: { schema: { block: { attributes: [{ name: 'name' }, {}] } } } },
    functions: { join_all: { parameters: [{ name: 'separator' }], variadic_parameter: { name: 'words' } } },
  });
  const { resource_schemas } = schema as { readonly resource_schemas: Readonly<Record<string, object>> };
  expect(resource_schemas.demo_thing).toMatchObject({
    block: {
      block_types: [
        { type_name: 'owner', nesting: 1, min_items: 0, max_items: 0 },
        { type_name: 'rule', nesting: 2, max_items: 3, block: { block_types: [{ type_name: 'match' }] } },
        { type_name: 'tag', nesting: 3 },
        { type_name: 'peer', nesting: 4, max_items: 0 },
      ],
    },
  });
});
