/**
 * The schema of the provider and of each Terraform resource and data source, written once: the protocol's schema, the constructs'
 * props, the validation and the reference pages come from these values.
 */
export { isPublicKey } from './_validators';
export { rebootAction, verifyAction } from './actions';
export { attestationData } from './attestation-data';
export { cellResource } from './cell';
export { deploymentResource, deploymentStatuses, hostAccelerators, hostDefaults } from './deployment';
export { deploymentList } from './deployment-list';
export { imageResource } from './image';
export { ledgerEntryData } from './ledger-entry-data';
export { meshNodesMax, meshResource } from './mesh';
export { nexusProvider, providerAddress, providerVersion } from './provider';
export { releaseResource } from './release';
export { releaseData } from './release-data';
export { signingKeyEphemeral } from './signing-key';
