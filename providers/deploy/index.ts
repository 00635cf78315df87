/** Nodes on hosts: identity, A/B slots, QEMU, the host daemon, and the records that nodes sign. */
export { BootFailure } from './boot';
export * from './config';
export { readConsoleTail } from './console-log';
export { type DeployRequest, type DeployServices, deployNode } from './deployment';
export { findHeartbeat, type HeartbeatFile, heartbeatsSizeBytesMax, keepHeartbeats } from './heartbeat-file';
export * from './hostd';
export {
  enrolNode,
  findMeshKey,
  findPublicKey,
  keyId,
  meshKey,
  type RandomSource,
  removeMeshKey,
  removeNodeIdentity,
} from './identity';
export { MachineLineFilter } from './machine-lines';
export {
  type DeployedNode,
  type ExpectedNode,
  findNode,
  type HostNodes,
  listNodes,
  listSlotContents,
  type NodeStatus,
  type Observation,
  type ObserveOptions,
  observeNode,
  type RemoveOptions,
  removeNode,
  surveyNodes,
  type UnreadableNode,
} from './node';
export { type Attempt, type Deployed, DeploymentError } from './outcome';
export { checkAccelerator, findQemu, macAddressOfCell } from './qemu';
export { type RebootRequest, rebootNode } from './reboot';
export * from './record';
export { type NodePaths, nodePaths, type Slot } from './state-folder';
