/**
 * A snapshot serializer for KDL, so that a review of a snapshot is one of meaning: a text of ours is written in the one
 * canonical way, with each default said. What cannot be read is left to the runner.
 */
import { canonicalKdl, isOurKdl } from './kdl-meaning';

/** For `expect.addSnapshotSerializer` of Jest and of Vitest. */
export const kdlSerializer = {
  /** Whether the value is a KDL text of ours that can be read. */
  test: (value: unknown): boolean => typeof value === 'string' && isOurKdl(value) && canBeRead(value),
  /** The text in the one canonical way. */
  serialize: (value: unknown): string => canonicalKdl(String(value)).trimEnd(),
};

function canBeRead(text: string): boolean {
  try {
    canonicalKdl(text);
    return true;
  } catch {
    return false;
  }
}
