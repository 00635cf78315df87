/** The calls of service `tfplugin6.Provider`: `Name: Request -> Response`, `stream` before what is streamed. */
export const calls = `
GetMetadata: GetMetadata.Request -> GetMetadata.Response
GetProviderSchema: GetProviderSchema.Request -> GetProviderSchema.Response
ValidateProviderConfig: ValidateProviderConfig.Request -> ValidateProviderConfig.Response
ValidateResourceConfig: ValidateResourceConfig.Request -> ValidateResourceConfig.Response
ValidateDataResourceConfig: ValidateDataResourceConfig.Request -> ValidateDataResourceConfig.Response
UpgradeResourceState: UpgradeResourceState.Request -> UpgradeResourceState.Response
GetResourceIdentitySchemas: GetResourceIdentitySchemas.Request -> GetResourceIdentitySchemas.Response
UpgradeResourceIdentity: UpgradeResourceIdentity.Request -> UpgradeResourceIdentity.Response
ConfigureProvider: ConfigureProvider.Request -> ConfigureProvider.Response
ReadResource: ReadResource.Request -> ReadResource.Response
PlanResourceChange: PlanResourceChange.Request -> PlanResourceChange.Response
ApplyResourceChange: ApplyResourceChange.Request -> ApplyResourceChange.Response
ImportResourceState: ImportResourceState.Request -> ImportResourceState.Response
MoveResourceState: MoveResourceState.Request -> MoveResourceState.Response
ReadDataSource: ReadDataSource.Request -> ReadDataSource.Response
GenerateResourceConfig: GenerateResourceConfig.Request -> GenerateResourceConfig.Response
ValidateEphemeralResourceConfig: ValidateEphemeralResourceConfig.Request -> ValidateEphemeralResourceConfig.Response
OpenEphemeralResource: OpenEphemeralResource.Request -> OpenEphemeralResource.Response
RenewEphemeralResource: RenewEphemeralResource.Request -> RenewEphemeralResource.Response
CloseEphemeralResource: CloseEphemeralResource.Request -> CloseEphemeralResource.Response
ListResource: ListResource.Request -> stream ListResource.Event
ValidateListResourceConfig: ValidateListResourceConfig.Request -> ValidateListResourceConfig.Response
GetFunctions: GetFunctions.Request -> GetFunctions.Response
CallFunction: CallFunction.Request -> CallFunction.Response
ValidateStateStoreConfig: ValidateStateStore.Request -> ValidateStateStore.Response
ConfigureStateStore: ConfigureStateStore.Request -> ConfigureStateStore.Response
ReadStateBytes: ReadStateBytes.Request -> stream ReadStateBytes.Response
WriteStateBytes: stream WriteStateBytes.RequestChunk -> WriteStateBytes.Response
LockState: LockState.Request -> LockState.Response
UnlockState: UnlockState.Request -> UnlockState.Response
GetStates: GetStates.Request -> GetStates.Response
DeleteState: DeleteState.Request -> DeleteState.Response
PlanAction: PlanAction.Request -> PlanAction.Response
InvokeAction: InvokeAction.Request -> stream InvokeAction.Event
ValidateActionConfig: ValidateActionConfig.Request -> ValidateActionConfig.Response
StopProvider: StopProvider.Request -> StopProvider.Response
`;
