/** Valid systems and meshes at random, in their canonical order. */
import * as fc from 'fast-check';
import {
  type CellDefinition,
  compareNames,
  type Mesh,
  type MeshPair,
  pledgeNames,
  profileNames,
  type System,
} from '../../../model';

export const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/);
const sources = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((text) => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\]/u.test(text) && !text.startsWith('/'));

const cells: fc.Arbitrary<CellDefinition> = fc.record({
  name: names,
  source: sources,
  pledges: fc.subarray([...pledgeNames]),
  stackBytes: fc.integer({ min: 64, max: 4096 }).map((units) => units * 16),
});

export const systems: fc.Arbitrary<System> = fc.record({
  name: names,
  profile: fc.constantFrom(...profileNames),
  cells: fc
    .uniqueArray(cells, { minLength: 1, maxLength: 8, selector: (cell) => cell.name })
    .map((some) => some.sort((left, right) => compareNames(left.name, right.name))),
});

const intervals = fc.integer({ min: 100, max: 3_600_000 });

export const meshes: fc.Arbitrary<Mesh> = fc
  .uniqueArray(names, { minLength: 1, maxLength: 8 })
  .map((some) => some.sort(compareNames))
  .chain((members) =>
    fc.record({
      name: names,
      members: fc.constant(members),
      allowed: fc.subarray(pairsOf(members)),
      helloIntervalMs: intervals,
      heartbeatIntervalMs: intervals,
    }),
  );

/** Every pair of different members, in order. */
function pairsOf(members: readonly string[]): MeshPair[] {
  const pairs = members.flatMap((left) => members.map((right): MeshPair => [left, right]));
  return pairs
    .filter(([left, right]) => compareNames(left, right) < 0)
    .sort((left, right) => compareNames(left.join(' '), right.join(' ')));
}
