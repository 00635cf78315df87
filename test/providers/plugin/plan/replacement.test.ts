import { formatPath, stepsOf } from '../../../../providers/plugin/path';
import { replacementPaths } from '../../../../providers/plugin/plan/replacement';
import { list, map, number, object, set, string, UNKNOWN } from '../../../../schema';

const shrinks = {
  description: 'the disk gets smaller',
  holds: ({ prior, planned }: { prior: number | null; planned: number | null }) =>
    (planned ?? 0) < (prior ?? 0),
};
const attributes = {
  name: string({ required: true, forcesReplacement: true }),
  disk: number({ forcesReplacement: shrinks }),
  tags: set(string(), { forcesReplacement: true }),
  nodes: map(object({ host: string({ forcesReplacement: true }), note: string() })),
  parts: list(object({ kind: string({ forcesReplacement: true }) })),
  free: string(),
};
const prior = {
  name: 'a',
  disk: 10,
  tags: ['x', 'y'],
  nodes: { n1: { host: 'h', note: '' } },
  parts: [{ kind: 'k' }],
  free: '',
};

const paths = (planned: object, required: (string | number)[][] = []): string[] =>
  replacementPaths(attributes, prior, { ...prior, ...planned }, required).map((path) =>
    formatPath(path, attributes),
  );

describe('replacement', () => {
  test('is forced by a changed attribute that says so, and by no other', () => {
    expect(paths({ name: 'b', free: 'x' })).toEqual(['name']);
    expect(paths({ tags: ['y', 'x'] })).toEqual([]);
  });

  test('with a condition is forced where it holds or cannot be judged', () => {
    expect(paths({ disk: 20 })).toEqual([]);
    expect(paths({ disk: 5 })).toEqual(['disk']);
    expect(paths({ disk: UNKNOWN })).toEqual(['disk']);
  });

  test('names nested places, sorted, each once', () => {
    const nodes = { n1: { host: 'other', note: 'x' } };
    expect(paths({ parts: [{ kind: 'z' }], nodes, name: 'b' }, [['free'], ['name']])).toEqual([
      'free',
      'name',
      'nodes["n1"].host',
      'parts[0].kind',
    ]);
  });

  test('paths become steps of the protocol, and end at a set', () => {
    expect(stepsOf(['nodes', 'n1', 'host'], attributes)).toEqual([
      { attribute_name: 'nodes' },
      { element_key_string: 'n1' },
      { attribute_name: 'host' },
    ]);
    expect(stepsOf(['parts', '0'], attributes)).toEqual([
      { attribute_name: 'parts' },
      { element_key_int: 0 },
    ]);
    expect(stepsOf(['tags', 1], attributes)).toEqual([{ attribute_name: 'tags' }]);
    expect(stepsOf(['absent', 'x'], attributes)).toEqual([]);
  });
});
