/** The programs that compress an image's parts, and what they say of themselves: another version gives other bytes. */
import { runTool } from '../toolchain';

const runs = [
  ['mksquashfs', '-version'],
  ['xz', '--version'],
] as const;

/** @throws NexusError `tool-failed` when one is not there */
export async function describePackers(signal?: AbortSignal): Promise<string> {
  const results = await Promise.all(runs.map(([program, flag]) => runTool(program, [flag], { signal })));
  return results.map(({ stdout }) => stdout.split('\n')[0]?.trim() ?? '').join('; ');
}
