/** The order of Debian's versions, beside dpkg's own. */
import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { compareVersions, holds } from '../../../../providers/nip/debian/version';

test('versions are ordered as dpkg orders them', () => {
  const upstream = fc
    .tuple(
      fc.nat(9),
      fc.array(fc.constantFrom('0', '00', '1', '9', '10', 'a', 'Z', '~', '~~', '+', '.', '-'), {
        maxLength: 6,
      }),
    )
    .map(([first, rest]) => `${first}${rest.join('')}`.replace(/-+$/, ''));
  const version = fc
    .tuple(
      fc.constantFrom('', '0:', '1:', '10:'),
      upstream,
      fc.constantFrom('', '-1', '-0', '-1~bpo1', '-1+b2', '-a'),
    )
    .map((parts) => parts.join(''));
  const pairs = fc.sample(fc.tuple(version, version), { numRuns: 400, seed: 7 });
  // One shell for all: 400 pairs, three questions each.
  const script = pairs
    .map((_, at) =>
      ['lt', 'eq', 'gt']
        .map(
          (op) => `dpkg --compare-versions "$${'{'}a${at}}" ${op} "$${'{'}b${at}}" 2>/dev/null && echo ${op}`,
        )
        .join('\n'),
    )
    .join('\n');
  const env = Object.fromEntries(
    pairs.flatMap(([left, right], at) => [
      [`a${at}`, left],
      [`b${at}`, right],
    ]),
  );
  const { stdout } = spawnSync('bash', [], {
    input: script,
    env: { ...env, PATH: process.env.PATH },
    encoding: 'utf8',
  });
  const words = { '-1': 'lt', '0': 'eq', '1': 'gt' } as const;
  const ours = pairs.map(
    ([left, right]) => words[`${Math.sign(compareVersions(left, right)) as -1 | 0 | 1}`],
  );
  expect(stdout.trim().split('\n')).toEqual(ours);
});

test('a relation holds or not', () => {
  const held = (['<<', '<=', '=', '>=', '>>'] as const).filter((relation) =>
    holds('1.0-1', relation, '1.0-1'),
  );
  expect(held).toEqual(['<=', '=', '>=']);
  expect([holds('1.0~rc1', '<<', '1.0'), holds('1:0', '>>', '9')]).toEqual([true, true]);
});
