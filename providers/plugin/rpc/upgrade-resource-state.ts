/** UpgradeResourceState: the stored JSON state, of this or an older schema version, as a typed value. */
import { Diagnostics } from '../diagnostics';
import { attempt } from '../make-context';
import { fillDefaults } from '../plan/draft';
import type { Resource, StoredState } from '../resource';
import type { PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue, parseOptions } from '../wire/dynamic-value';
import { parseAttributes, type Values } from '../wire/value';
import type { Answer, OfType, RawState } from './_messages';
import { parseStored, upgradeStored } from './_stored';

interface Request extends OfType {
  readonly version: number;
  readonly raw_state: RawState | null;
}

interface Response extends Answer {
  upgraded_state?: DynamicValue;
}

export async function upgradeResourceState<C>(server: PluginServer<C>, request: Request): Promise<Response> {
  const resource = server.resource(request.type_name);
  const { attributes, typeName } = resource.schema;
  const diagnostics = new Diagnostics(attributes);
  const state = await attempt(diagnostics, `Cannot upgrade the state of ${typeName}`, () =>
    upgradeStored(
      parseStored(request.raw_state),
      request.version,
      resource.schema.version,
      resource.handlers.upgrade,
    ),
  );
  const values = state && parseState(resource, state, diagnostics);
  const { messages } = diagnostics;
  if (values === undefined) return { diagnostics: messages };
  return { upgraded_state: formatDynamicValue(attributes, values), diagnostics: messages };
}

/** Attributes that the schema lost are dropped, those it gained get their default. */
function parseState<C>(
  { schema }: Resource<C>,
  state: StoredState,
  diagnostics: Diagnostics,
): Values | undefined {
  const options = { ...parseOptions(schema.attributes, diagnostics), ignoreUnknownAttributes: true };
  const values = parseAttributes(schema.attributes, state, options);
  return values && fillDefaults(schema.attributes, values);
}
