/** Protocol messages as TypeScript sees them: the fields that this server reads or writes, under their own names. */
import type { Diagnostic } from '../diagnostics';
import type { Step } from '../path';
import type { DynamicValue } from '../wire/dynamic-value';

export interface Answer {
  diagnostics: Diagnostic[];
}

/** Null where the client sent none. */
export interface ClientCapabilities {
  readonly deferral_allowed: boolean;
  readonly write_only_attributes_allowed: boolean;
}

export interface DeferrableRequest {
  readonly client_capabilities: ClientCapabilities | null;
}

export interface DeferredField {
  deferred?: { reason: number };
}

export interface AttributePath {
  steps: Step[];
}

export interface OfType {
  readonly type_name: string;
}

export interface ConfigRequest {
  readonly config: DynamicValue | null;
}

export interface ActionRequest extends ConfigRequest {
  readonly action_type: string;
}

export interface RawState {
  readonly json: Uint8Array;
  readonly flatmap: Readonly<Record<string, string>>;
}

/** What of protocol 6 this server does beyond the least. */
export const serverCapabilities = {
  plan_destroy: true,
  get_provider_schema_optional: true,
  move_resource_state: true,
  generate_resource_config: true,
};
