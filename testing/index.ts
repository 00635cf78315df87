/**
 * What a user's tests look at a stack with. It starts no Terraform and knows no engine: it reads `NexusStack.preview()`.
 * `nexus-factory/testing/jest` and `nexus-factory/testing/vitest` put it into the test runner.
 */
export type { StackPreview } from '../model';
export { kdlSerializer } from './kdl-serializer';
export { type MatcherContext, type MatcherResult, type NexusMatchers, nexusMatchers } from './matchers';
export {
  type AttributesOf,
  nexusKdl,
  nexusOutput,
  nexusResource,
  nexusResources,
  type ResourceTypeName,
  type Subject,
} from './stack-view';
