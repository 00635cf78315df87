/** The Terraform provider of Nexus. */
export { recordCell, recordImage, recordLinuxCell } from './artifact-records';
export { type Client, type Environment, openClient } from './client';
export { machineEnvironment } from './machine';
export { passphraseVariable, readPassphrase, unlockingOf } from './passphrase';
export { definePlugin } from './plugin';
