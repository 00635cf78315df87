/** The order of apk's versions, and what a relation takes. */
import * as fc from 'fast-check';
import { formatApkRelation, isVersionWanted, parseApkRelation } from '../../../../providers/nip/apk/relation';
import { compareApkVersions, isApkVersion } from '../../../../providers/nip/apk/version';

test('versions are ordered by numbers, letters, suffixes and revisions', () => {
  const sorted =
    '1.0_alpha 1.0_alpha2 1.0_beta 1.0_pre1 1.0_rc1 1.0_rc10 1.0 1.0-r1 1.0-r12 1.0_git20200101 1.0_p1 1.0b 1.0.1 1.1 1.9 1.10 2 10';
  const versions = sorted.split(' ');
  expect(versions.every(isApkVersion)).toBe(true);
  expect([...versions].reverse().sort((left, right) => compareApkVersions(left, right))).toEqual(versions);
});

test.each([
  ['zlib>=1.3', '1.3.1-r0', true],
  ['zlib>1.3.1-r0', '1.3.1-r0', false],
  ['zlib<2', '1.9', true],
  ['zlib=1.3', '1.3', true],
  ['zlib=1.3', '1.3-r0', false],
  ['zlib~1.3', '1.3.9-r4', true],
  ['zlib~1.3', '1.30', false],
  ['zlib', undefined, true],
  ['zlib=1', undefined, false],
])('%s and %s: %s', (relation, version, isTaken) => {
  expect(isVersionWanted(version, parseApkRelation(relation))).toBe(isTaken);
});

test('a relation comes back from its text', () => {
  for (const text of ['a', '!a', 'so:libc.so.6', 'cmd:sh=1-r0', 'pc:zlib>=1.2', '!a<2', 'a~1.2'])
    expect(formatApkRelation(parseApkRelation(text))).toBe(text);
});

test('the order is one: two versions compare the same from both sides, and a version is like itself', () => {
  const number = fc.nat(12).map(String);
  const version = fc
    .tuple(
      fc.array(fc.oneof(number, fc.constant('01')), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', 'a', 'z'),
      fc.constantFrom('', '_alpha', '_rc1', '_p', '_git3', '_beta_p1'),
      fc.constantFrom('', '-r0', '-r10'),
    )
    .map(([numbers, ...rest]) => numbers.join('.') + rest.join(''));
  fc.assert(
    fc.property(version, version, (left, right) => {
      expect(Math.sign(compareApkVersions(left, right)) + Math.sign(compareApkVersions(right, left))).toBe(0);
      expect(compareApkVersions(left, left)).toBe(0);
    }),
  );
});
