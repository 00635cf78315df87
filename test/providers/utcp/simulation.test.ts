/** Sessions under loss, reordering, duplicates, corruption, partitions, restarts and hostile nodes, seed by seed. */
import { simulate } from './simulator/world';

const seeds = Array.from({ length: 400 }, (_, seed) => seed);

test('400 runs, each from its seed, break no rule of simulator/ledger.ts, and everything comes in the end', () => {
  const results = seeds.map((seed) => simulate(seed));
  const total = (count: (result: (typeof results)[number]) => number) =>
    results.reduce((sum, result) => sum + count(result), 0);
  // The runs are worth something only if things happen in them.
  expect(total(({ delivered }) => delivered)).toBeGreaterThan(10_000);
  expect(total(({ gaps }) => gaps)).toBeGreaterThan(50);
  expect(total(({ restarts }) => restarts)).toBeGreaterThan(20);
});

test('a seed gives the same packets again', () => {
  expect(simulate(7)).toEqual(simulate(7));
});
