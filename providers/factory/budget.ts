/** The size budget of a profile: an image over it is refused, with a table of its parts, the largest first. */
import { NexusError, type ProfileName, profiles } from '../../model';

export interface ImagePart {
  /** `kernel`, or `cell hello`. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** @throws NexusError `over-budget` */
export function checkBudget(
  image: string,
  profile: ProfileName,
  sizeBytes: number,
  parts: readonly ImagePart[],
): void {
  const { budgetBytes } = profiles[profile];
  if (budgetBytes === undefined || sizeBytes <= budgetBytes) return;
  const excessBytes = sizeBytes - budgetBytes;
  throw new NexusError(
    'over-budget',
    `Cannot build image "${image}": ${sizeBytes} bytes, expected at most ${budgetBytes} for profile "${profile}"`,
    { hint: `Take ${excessBytes} bytes off its parts:\n${formatParts(parts, sizeBytes)}` },
  );
}

/** Lines of `size share name`, the largest part first; ten at most, then one line for the rest. */
export function formatParts(parts: readonly ImagePart[], wholeBytes: number): string {
  const sorted = parts.toSorted((left, right) => right.sizeBytes - left.sizeBytes);
  const shown = sorted.slice(0, 10);
  const restBytes = sorted.slice(10).reduce((sum, part) => sum + part.sizeBytes, 0);
  const rows =
    restBytes === 0 ? shown : [...shown, { name: `${sorted.length - 10} more`, sizeBytes: restBytes }];
  const width = Math.max(...rows.map(({ sizeBytes }) => String(sizeBytes).length));
  return rows
    .map(({ name, sizeBytes }) => {
      const share = `${Math.round((100 * sizeBytes) / wholeBytes)}%`;
      return `    ${String(sizeBytes).padStart(width)} bytes  ${share.padStart(4)}  ${name}`;
    })
    .join('\n');
}
