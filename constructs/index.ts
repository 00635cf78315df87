/** Nexus Factory for the CDK: cells, meshes and swarms as TypeScript, synthesized to Terraform JSON and KDL. */
export type { Pledge, ProfileName, StackPreview } from '../model';
export { App } from './_engine';
export type { WaveSize } from './_waves';
export { Cell, type CellProps } from './cell';
export { Fleet, type FleetProps } from './fleet';
export { NexusStack, type NexusStackProps } from './nexus-stack';
export { type BudgetPolicyProps, Policies } from './policies';
export { Profile } from './profile';
export { QemuHost, type QemuHostProps } from './qemu-host';
export { Release } from './release';
export {
  NexusCell,
  type NexusCellProps,
  NexusDeployment,
  type NexusDeploymentProps,
  NexusImage,
  type NexusImageProps,
  NexusMesh,
  type NexusMeshProps,
  NexusProvider,
  type NexusProviderProps,
  NexusRelease,
  type NexusReleaseProps,
  NexusResource,
  type ResourceProps,
} from './resources';
export { StackRelease, type StackReleaseProps } from './stack-release';
export { Swarm, type SwarmProps } from './swarm';
export { SwarmNode } from './swarm-node';
export { UtcpMesh, type UtcpMeshProps } from './utcp-mesh';
