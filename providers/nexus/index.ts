/** The Terraform provider of Nexus. */
export { recordCell, recordImage, recordLinuxCell, recordLinuxImage } from './artifact-records';
export { type Client, type Environment, openClient } from './client';
export { machineEnvironment } from './machine';
export { passphraseVariable, readPassphrase, unlockingOf } from './passphrase';
export { definePlugin } from './plugin';
export { openRegistry, type RegistryPlace, registryOf } from './registry';
