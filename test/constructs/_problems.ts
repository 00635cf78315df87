import type { NexusStack } from '../../constructs';

/** The lines of the one error that a synth of the stack throws; empty when it throws none. */
export function problemsOf(stack: NexusStack): string[] {
  try {
    stack.preview();
    return [];
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.map((line) => line.trim()).filter((line) => /^(\[|hint:)/.test(line));
  }
}
