/** The Terraform provider of Nexus. */
export { recordCell, recordImage } from './artifact-records';
export { type Client, type Environment, openClient } from './client';
export { machineEnvironment } from './machine';
export { definePlugin } from './plugin';
