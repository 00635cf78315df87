/** InvokeAction: runs an action. Its progress is streamed while it runs; the last event says how it ended. */
import { Channel } from '../channel';
import { Diagnostics } from '../diagnostics';
import { attempt, plainContext } from '../make-context';
import type { Call, PluginServer } from '../server';
import { parseDynamicValue } from '../wire/dynamic-value';
import type { ActionRequest, Answer } from './_messages';

type Event = { readonly progress: { readonly message: string } } | { readonly completed: Answer };

export async function* invokeAction<C>(
  server: PluginServer<C>,
  request: ActionRequest,
  call: Call,
): AsyncGenerator<Event, void, void> {
  const diagnostics = new Diagnostics(server.action(request.action_type).schema.attributes);
  const events = new Channel<Event>();
  const work = invoke(server, request, call, diagnostics, events).finally(() => events.end());
  yield* events;
  await work;
  yield { completed: { diagnostics: diagnostics.messages } };
}

async function invoke<C>(
  server: PluginServer<C>,
  request: ActionRequest,
  call: Call,
  diagnostics: Diagnostics,
  events: Channel<Event>,
): Promise<void> {
  const { schema, handlers } = server.action(request.action_type);
  const config = parseDynamicValue(schema.attributes, request.config, diagnostics) ?? {};
  if (diagnostics.hasErrors) return;
  await attempt(diagnostics, `Cannot invoke ${schema.typeName}`, () =>
    handlers.invoke(config, {
      ...plainContext(server, call, diagnostics),
      progress: (message) => events.push({ progress: { message } }),
    }),
  );
}
