/** One running provider: its definition, the configured client, and the work under way. */
import type { Action } from './action';
import type { DataSource } from './data-source';
import { Deferral } from './deferral';
import type { PluginDefinition } from './definition';
import type { EphemeralResource } from './ephemeral-resource';
import type { ProviderFunction } from './function';
import type { ListResource } from './list-resource';
import { type Log, type LogSink, makeLog } from './log';
import type { Resource } from './resource';

/** One call from Terraform. */
export interface Call {
  /** Fires on StopProvider, a cancelled call and the parent's death. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

export class PluginServer<C = unknown> {
  readonly log: Log;
  private client: { readonly value: C } | undefined;
  private isDeferred = false;
  private readonly running = new Set<AbortController>();

  constructor(
    readonly definition: PluginDefinition<C>,
    private readonly sink: LogSink,
  ) {
    this.log = makeLog(sink);
  }

  resource(typeName: string): Resource<C> {
    return find('resource type', typeName, this.definition.resources, ({ schema }) => schema.typeName);
  }

  dataSource(typeName: string): DataSource<C> {
    const { dataSources = [] } = this.definition;
    return find('data source', typeName, dataSources, ({ schema }) => schema.typeName);
  }

  ephemeralResource(typeName: string): EphemeralResource<C> {
    const { ephemeralResources = [] } = this.definition;
    return find('ephemeral resource type', typeName, ephemeralResources, ({ schema }) => schema.typeName);
  }

  listResource(typeName: string): ListResource<C> {
    const { listResources = [] } = this.definition;
    return find('list resource type', typeName, listResources, ({ schema }) => schema.typeName);
  }

  action(typeName: string): Action<C> {
    return find('action type', typeName, this.definition.actions ?? [], ({ schema }) => schema.typeName);
  }

  function(name: string): ProviderFunction {
    return find('function', name, this.definition.functions ?? [], ({ schema }) => schema.name);
  }

  setClient(value: C): void {
    this.client = { value };
  }

  /** Everything is put off from now on: the provider's configuration is not known yet. */
  setDeferred(): void {
    this.isDeferred = true;
  }

  /** Whether a call is put off already, for a client with these capabilities. */
  deferral(capabilities: { readonly deferral_allowed: boolean } | null): Deferral {
    const known = this.isDeferred ? 'provider-configuration-unknown' : undefined;
    return new Deferral(capabilities?.deferral_allowed ?? false, known);
  }

  /** @throws if Terraform did not configure the provider, which it does before any work */
  configuredClient(): C {
    if (this.client !== undefined) return this.client.value;
    throw new Error('the provider is not configured');
  }

  /**
   * Runs one call with a signal of its own.
   * @param onCancelled takes what is to run when Terraform gives the call up
   */
  async run<T>(
    name: string,
    onCancelled: (listener: () => void) => void,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    this.running.add(controller);
    onCancelled(() => {
      if (this.running.has(controller)) controller.abort(new Error('Terraform cancelled the call'));
    });
    try {
      return await work({ signal: controller.signal, log: makeLog(this.sink, { rpc: name }) });
    } finally {
      this.running.delete(controller);
    }
  }

  /** Fires the signals of all work under way. Calls that come later are not touched. */
  stop(reason: string): void {
    for (const controller of this.running) controller.abort(new Error(reason));
  }

  get busy(): boolean {
    return this.running.size > 0;
  }
}

function find<T>(kind: string, name: string, all: readonly T[], nameOf: (one: T) => string): T {
  const found = all.find((one) => nameOf(one) === name);
  if (found !== undefined) return found;
  const known = all.map(nameOf).join(', ') || 'none';
  throw new Error(`Cannot find ${kind} ${JSON.stringify(name)}: the provider has ${known}`);
}
