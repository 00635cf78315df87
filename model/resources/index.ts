/**
 * The schema of the provider and of each Terraform resource, written once: the protocol's schema, the constructs'
 * props, the validation and the reference pages come from these values.
 */
export { cellResource } from './cell';
export { deploymentResource, deploymentStatuses, hostAccelerators, hostDefaults } from './deployment';
export { imageResource } from './image';
export { meshNodesMax, meshResource } from './mesh';
export { nexusProvider, providerAddress, providerVersion } from './provider';
export { releaseResource } from './release';
