/** ListResource: finds what exists of a type. Each one is an event of the stream, sent as soon as it is found. */
import type { IdentitySchema, ResourceSchema } from '../../../schema';
import { type Diagnostic, Diagnostics } from '../diagnostics';
import type { ListContext, ListedOf } from '../list-resource';
import { plainContext } from '../make-context';
import { fillDefaults, settleState } from '../plan/draft';
import type { Call, PluginServer } from '../server';
import type { AnyStages } from '../stages';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import { formatIdentity, type IdentityData } from '../wire/identity';
import type { ConfigRequest, OfType } from './_messages';

interface Request extends OfType, ConfigRequest {
  readonly include_resource_object: boolean;
  /** 0: none. */
  readonly limit: number;
}

interface Event {
  identity?: IdentityData;
  display_name?: string;
  resource_object?: DynamicValue;
  diagnostic: Diagnostic[];
}

export async function* listResource<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): AsyncGenerator<Event, void, void> {
  const { schema } = server.listResource(request.type_name);
  const diagnostics = new Diagnostics(schema.attributes);
  try {
    yield* found(server, request, call, diagnostics);
  } catch (error) {
    diagnostics.thrown(error, `Cannot list ${schema.typeName}`);
  }
  const { messages } = diagnostics;
  if (messages.length > 0) yield { diagnostic: messages };
}

async function* found<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
  diagnostics: Diagnostics,
): AsyncGenerator<Event, void, void> {
  const { schema, of, handlers } = server.listResource(request.type_name);
  const config = parseDynamicValue(schema.attributes, request.config, diagnostics) ?? {};
  if (diagnostics.hasErrors) return;
  const context: ListContext<C> = {
    ...plainContext(server, call, diagnostics),
    includeResource: request.include_resource_object,
    limit: request.limit > 0 ? request.limit : Number.POSITIVE_INFINITY,
  };
  let count = 0;
  for await (const one of handlers.list(config, context)) {
    yield eventOf(of, one, context.includeResource);
    count += 1;
    // Ends the handler's generator, too: its `finally` runs.
    if (count >= context.limit || call.signal.aborted) return;
  }
}

function eventOf(
  { attributes, identity }: ResourceSchema & { readonly identity: IdentitySchema },
  one: ListedOf<AnyStages>,
  includeResource: boolean,
): Event {
  const event = {
    identity: formatIdentity(identity, one.identity),
    display_name: one.displayName,
    diagnostic: [],
  };
  if (!includeResource || one.resource === undefined) return event;
  const state = settleState(attributes, fillDefaults(attributes, one.resource), null);
  return { ...event, resource_object: formatDynamicValue(attributes, state) };
}
