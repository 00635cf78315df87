/**
 * Messages of protocol 6.9 and later: list resources, actions, state stores, config generation. State stores this server
 * does not serve: a client that asks for one is answered UNIMPLEMENTED. The form is that of `tfplugin6.ts`.
 */
export const laterMessages = `
GenerateResourceConfig.Request: type_name = 1: string; state = 2: DynamicValue
GenerateResourceConfig.Response: config = 1: DynamicValue; diagnostics = 2: repeated Diagnostic
ListResource.Request: type_name = 1: string; config = 2: DynamicValue; include_resource_object = 3: bool;
  limit = 4: int64
ListResource.Event: identity = 1: ResourceIdentityData; display_name = 2: string;
  resource_object = 3: optional DynamicValue; diagnostic = 4: repeated Diagnostic
ValidateListResourceConfig.Request: type_name = 1: string; config = 2: DynamicValue;
  include_resource_object = 3: DynamicValue; limit = 4: DynamicValue
ValidateListResourceConfig.Response: diagnostics = 1: repeated Diagnostic
ValidateStateStore.Request: type_name = 1: string; config = 2: DynamicValue
ValidateStateStore.Response: diagnostics = 1: repeated Diagnostic
ConfigureStateStore.Request: type_name = 1: string; config = 2: DynamicValue;
  capabilities = 3: StateStoreClientCapabilities
ConfigureStateStore.Response: diagnostics = 1: repeated Diagnostic;
  capabilities = 2: StateStoreServerCapabilities
StateStoreClientCapabilities: chunk_size = 1: int64
StateStoreServerCapabilities: chunk_size = 1: int64
ReadStateBytes.Request: type_name = 1: string; state_id = 2: string
ReadStateBytes.Response: bytes = 1: bytes; total_length = 2: int64; range = 3: StateRange;
  diagnostics = 4: repeated Diagnostic
WriteStateBytes.RequestChunk: meta = 1: optional RequestChunkMeta; bytes = 2: bytes;
  total_length = 3: int64; range = 4: StateRange
WriteStateBytes.Response: diagnostics = 1: repeated Diagnostic
RequestChunkMeta: type_name = 1: string; state_id = 2: string
StateRange: start = 1: int64; end = 2: int64
LockState.Request: type_name = 1: string; state_id = 2: string; operation = 3: string
LockState.Response: lock_id = 1: string; diagnostics = 2: repeated Diagnostic
UnlockState.Request: type_name = 1: string; state_id = 2: string; lock_id = 3: string
UnlockState.Response: diagnostics = 1: repeated Diagnostic
GetStates.Request: type_name = 1: string
GetStates.Response: state_id = 1: repeated string; diagnostics = 2: repeated Diagnostic
DeleteState.Request: type_name = 1: string; state_id = 2: string
DeleteState.Response: diagnostics = 1: repeated Diagnostic
PlanAction.Request: action_type = 1: string; config = 2: DynamicValue;
  client_capabilities = 3: ClientCapabilities
PlanAction.Response: diagnostics = 1: repeated Diagnostic; deferred = 2: Deferred
InvokeAction.Request: action_type = 1: string; config = 2: DynamicValue;
  client_capabilities = 3: ClientCapabilities
InvokeAction.Event.Progress: message = 1: string
InvokeAction.Event.Completed: diagnostics = 1: repeated Diagnostic
InvokeAction.Event: progress = 1: Progress; completed = 2: Completed
ValidateActionConfig.Request: type_name = 1: string; config = 2: DynamicValue
ValidateActionConfig.Response: diagnostics = 1: repeated Diagnostic
`;
