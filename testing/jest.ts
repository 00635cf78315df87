/**
 * Puts matchers and serializer into Jest: one line in `setupFilesAfterEnv` or in a test.
 *
 *     import 'nexus-factory/testing/jest';
 */
import { kdlSerializer } from './kdl-serializer';
import { type NexusMatchers, nexusMatchers } from './matchers';

declare global {
  namespace jest {
    interface Matchers<R, T> extends NexusMatchers<R> {}
  }
}

expect.extend(nexusMatchers);
expect.addSnapshotSerializer(kdlSerializer);
