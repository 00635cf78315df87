/**
 * Puts matchers and serializer into Vitest: one line in `setupFiles` or in a test.
 *
 *     import 'nexus-factory/testing/vitest';
 */
import { expect } from 'vitest';
import { kdlSerializer } from './kdl-serializer';
import { type NexusMatchers, nexusMatchers } from './matchers';

declare module 'vitest' {
  interface Matchers<T> extends NexusMatchers<T> {}
}

expect.extend(nexusMatchers);
expect.addSnapshotSerializer(kdlSerializer);
