/** How many nodes each wave of a fleet has. */
import { NexusError } from '../model';

/** Size of a wave: a count of nodes, or a share of all nodes of the fleet, rounded up. */
export type WaveSize = number | `${number}%`;

/**
 * The count of nodes in each wave, in order. What the sizes leave over is the last wave; a share ends where the nodes
 * do.
 * @throws NexusError `bad-wave`, `empty-wave`
 */
export function waveCounts(fleet: string, sizes: readonly WaveSize[], nodes: number): readonly number[] {
  let left = nodes;
  const counts = sizes.map((size, index) => {
    if (left === 0) throw emptyWave(fleet, index, nodes);
    const count = countOf(fleet, size, nodes, left);
    left -= count;
    return count;
  });
  return left === 0 ? counts : [...counts, left];
}

function countOf(fleet: string, size: WaveSize, nodes: number, left: number): number {
  if (typeof size === 'number') {
    if (!Number.isInteger(size) || size < 1) throw badWave(fleet, size);
    if (size > left) throw tooLarge(fleet, size, left);
    return size;
  }
  const percent = /^\d+(\.\d+)?%$/.test(size) ? Number(size.slice(0, -1)) : Number.NaN;
  if (!(percent > 0 && percent <= 100)) throw badWave(fleet, size);
  return Math.min(left, Math.ceil((percent / 100) * nodes));
}

function badWave(fleet: string, size: WaveSize): NexusError {
  return new NexusError(
    'bad-wave',
    `Cannot make a wave of ${size} in fleet "${fleet}": expected a whole number from 1, or a share like "25%" up to "100%"`,
    { hint: 'What the sizes leave over is the last wave by itself.' },
  );
}

function tooLarge(fleet: string, size: number, left: number): NexusError {
  return new NexusError(
    'bad-wave',
    `Cannot make a wave of ${size} nodes in fleet "${fleet}": ${left} are left, expected at most that`,
    { hint: 'Use a share like "50%", which fits every count of nodes.' },
  );
}

function emptyWave(fleet: string, index: number, nodes: number): NexusError {
  return new NexusError(
    'empty-wave',
    `Cannot make wave ${index + 1} of fleet "${fleet}": the waves before it take all ${nodes} nodes, expected at least 1 for it`,
    { hint: 'Remove the size from `waves`, or make those before it smaller.' },
  );
}
