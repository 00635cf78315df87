/** The provider and its resources as typed constructs: what `Cell`, `Swarm` and the others are made of. */
export { NexusCell, type NexusCellProps } from './nexus-cell';
export { NexusDeployment, type NexusDeploymentProps } from './nexus-deployment';
export { NexusImage, type NexusImageProps } from './nexus-image';
export { NexusMesh, type NexusMeshProps } from './nexus-mesh';
export { NexusProvider, type NexusProviderProps } from './nexus-provider';
export { NexusRelease, type NexusReleaseProps } from './nexus-release';
export { mainResourceId, NexusResource, type ResourceProps } from './nexus-resource';
