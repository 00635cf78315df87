import { draftPlan, fillDefaults, settleState } from '../../../../providers/plugin/plan/draft';
import { bool, isUnknown, list, number, object, set, string, timeouts, UNKNOWN } from '../../../../schema';

const attributes = {
  name: string({ required: true, sameMeaning: (a, b) => a.toLowerCase() === b.toLowerCase() }),
  size: number({ default: 7 }),
  chosen: string({ optional: true, computed: true }),
  id: string({ computed: true, keepStateWhenUnknown: true }),
  digest: string({ computed: true }),
  maybe: string({ computed: true, nullable: true }),
  secret: string({ writeOnly: true }),
  parts: list(
    object({
      text: string({ required: true }),
      on: bool({ default: true }),
      size: number({ computed: true }),
    }),
  ),
  bag: set(object({ text: string({ required: true }), on: bool({ default: true }) })),
  timeouts: timeouts(),
};
const nothing = {
  name: 'a',
  size: null,
  chosen: null,
  id: null,
  digest: null,
  maybe: null,
  secret: null,
  parts: null,
  bag: null,
  timeouts: null,
};
const prior = { ...nothing, size: 7, chosen: 'c', id: 'i', digest: 'd' };

/** Unknown values as text, with what is certain of them. */
function readable(value: unknown): unknown {
  if (isUnknown(value)) return value.refinement?.nullable === false ? 'unknown, not null' : 'unknown';
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, readable(inner)]));
}

describe('the draft of a plan', () => {
  test('of a create has defaults, and computed values unknown', () => {
    const config = { ...nothing, secret: 's' };
    expect(readable(draftPlan(attributes, { prior: null, config, proposed: config }))).toEqual({
      ...nothing,
      size: 7,
      chosen: 'unknown, not null',
      id: 'unknown, not null',
      digest: 'unknown, not null',
      maybe: 'unknown',
    });
  });

  test('without a change is the prior state', () => {
    expect(draftPlan(attributes, { prior, config: nothing, proposed: prior })).toEqual(prior);
  });

  test('a spelling that means the same is no change and stays the prior one', () => {
    const config = { ...nothing, name: 'A' };
    expect(draftPlan(attributes, { prior, config, proposed: { ...prior, name: 'A' } })).toEqual(prior);
  });

  test('with a change makes computed values unknown, but for those that keep their state', () => {
    const config = { ...nothing, name: 'b' };
    expect(
      readable(draftPlan(attributes, { prior, config, proposed: { ...prior, name: 'b' } })),
    ).toMatchObject({
      name: 'b',
      id: 'i',
      digest: 'unknown, not null',
      chosen: 'unknown, not null',
    });
  });

  test('a value taken back gives way to its default', () => {
    const before = { ...prior, size: 9 };
    const planned = draftPlan(attributes, { prior: before, config: nothing, proposed: before });
    expect(planned.size).toBe(7);
    expect(isUnknown(planned.digest)).toBe(true);
  });

  test('a change of timeouts alone leaves everything known', () => {
    const config = { ...nothing, timeouts: { create: '1s', read: null, update: null, delete: null } };
    const proposed = { ...prior, timeouts: config.timeouts };
    expect(draftPlan(attributes, { prior, config, proposed })).toEqual(proposed);
  });

  test('reaches into lists by index and into sets by element', () => {
    const part = { text: 'x', on: null, size: null };
    const config = { ...nothing, parts: [part], bag: [{ text: 'y', on: null }] };
    const planned = readable(draftPlan(attributes, { prior: null, config, proposed: config }));
    expect(planned).toMatchObject({
      parts: [{ text: 'x', on: true, size: 'unknown, not null' }],
      bag: [{ text: 'y', on: true }],
    });
  });

  test('unknown input stays unknown', () => {
    const config = { ...nothing, name: UNKNOWN, parts: UNKNOWN };
    const planned = draftPlan(attributes, { prior: null, config, proposed: config });
    expect([planned.name, planned.parts]).toEqual([UNKNOWN, UNKNOWN]);
  });

  test('a state is settled without write-only values and in the spelling before', () => {
    const state = { ...prior, name: 'A', secret: 'leak' };
    expect(settleState(attributes, state, prior)).toEqual(prior);
    expect(fillDefaults(attributes, { name: 'a' })).toMatchObject({ name: 'a', size: 7, id: null });
  });
});
