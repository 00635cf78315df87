/** Nexus Factory for the CDK: cells, meshes and swarms as TypeScript, synthesized to Terraform JSON and KDL. */
export type { Pledge, ProfileName } from '../model';
export { App } from './_engine';
export { Cell, type CellProps } from './cell';
export { NexusStack, type NexusStackProps } from './nexus-stack';
export { Profile } from './profile';
export { QemuHost, type QemuHostProps } from './qemu-host';
export * from './resources';
export { StackRelease, type StackReleaseProps } from './stack-release';
export { Swarm, type SwarmProps } from './swarm';
export { SwarmNode } from './swarm-node';
export { UtcpMesh, type UtcpMeshProps } from './utcp-mesh';
