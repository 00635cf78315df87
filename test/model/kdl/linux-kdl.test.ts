/** system.kdl of Linux profiles and nexus.lock.kdl: both ways, in one order, and what is refused. */
import * as fc from 'fast-check';
import { parse as parseWithKdljs } from 'kdljs';
import {
  checkLinuxSystem,
  formatLinuxSystem,
  formatLock,
  type LinuxCell,
  type LinuxSystem,
  type Lock,
  linuxPledgeNames,
  type NexusError,
  parseLinuxSystem,
  parseLock,
  parseSystemFile,
} from '../../../model';
import { names } from './_arbitraries';

const path = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9._-]{0,8}$/), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'));
const texts = (each: fc.Arbitrary<string>) => fc.uniqueArray(each, { maxLength: 4 });

const cell: fc.Arbitrary<LinuxCell> = fc.record({
  name: names,
  packages: fc
    .uniqueArray(
      fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9+.-]{1,20}$/), from: fc.constant(undefined) }),
      { minLength: 1, maxLength: 4, selector: ({ name }) => name },
    )
    .filter((list) => list.every(({ name }) => !name.includes('..'))),
  keep: texts(path),
  drop: texts(path),
  links: fc.uniqueArray(
    fc.record({
      path: path.map((each) => `/${each}`),
      target: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }),
    }),
    { maxLength: 3, selector: (link) => link.path },
  ),
  pledges: fc.subarray([...linuxPledgeNames]),
  unveils: fc.uniqueArray(
    fc.record({ path: path.map((each) => `/${each}`), rights: fc.constantFrom('r', 'rw', 'rwxc', 'x') }),
    { maxLength: 3, selector: (unveil) => unveil.path },
  ),
  run: fc.option(
    path.map((program) => [`/${program}`, '--option', 'with "quotes" and \\']),
    { nil: undefined },
  ),
});

const systems: fc.Arbitrary<LinuxSystem> = fc
  .record({
    name: names,
    profile: fc.constantFrom('dragonbox', 'nexbox', 'linbox'),
    architecture: fc.constantFrom('x86_64', 'riscv64'),
    repositories: fc.constant([
      { adapter: 'debian', suite: 'bookworm', mirror: undefined, components: ['main'], keys: [] },
    ]),
    cells: fc.uniqueArray(cell, { maxLength: 3, selector: ({ name }) => name }),
  })
  .map((system) => checkLinuxSystem(system as LinuxSystem));

const example = `system "web" version=1 {
    profile "dragonbox"
    architecture "x86_64"
    repository "debian" suite="bookworm"
    cell "web" {
        package "nginx-light"
        keep "usr/sbin/nginx"
        link "/bin/sh" "dash"
        pledge "stdio" "rpath" "inet"
        unveil "/srv/www" "r"
        run "/usr/sbin/nginx" "-g" "daemon off;"
    }
}
`;

test('what is written comes back, and is read alike by a second implementation', () => {
  fc.assert(
    fc.property(systems, (system) => {
      const text = formatLinuxSystem(system);
      expect(parseLinuxSystem(text, 'system.kdl')).toEqual(system);
      expect(parseWithKdljs(text).errors).toEqual([]);
      expect(formatLinuxSystem(parseLinuxSystem(text, 'system.kdl'))).toBe(text);
    }),
    { numRuns: 100 },
  );
});

test('the example of the reference is in its one order already', () => {
  expect(formatLinuxSystem(parseLinuxSystem(example, 'system.kdl'))).toBe(example);
  expect(parseSystemFile(example, 'system.kdl').kernel).toBe('linux');
});

test('order, comments and several lines of one kind mean nothing', () => {
  const other = example
    .replace('package "nginx-light"', '// a comment\n        package "nginx-light"')
    .replace('    architecture "x86_64"\n', '')
    .replace('"stdio" "rpath" "inet"', '"inet" "stdio" "rpath"');
  expect(parseLinuxSystem(other, 'a')).toEqual(parseLinuxSystem(example, 'a'));
});

test.each<[string, string, string, RegExp]>([
  ['unknown-adapter', '"debian" suite', '"debain" suite', /system\.kdl:4:16 .*"debain".*expected one of/],
  ['missing-property', ' suite="bookworm"', '', /no property "suite"/],
  ['bad-repository', 'suite="bookworm"', 'suite="../x"', /suite "\.\.\/x"/],
  [
    'bad-repository',
    'suite="bookworm"',
    'suite="a" mirror="http://me:secret@host/debian"',
    /without a password/,
  ],
  ['unknown-architecture', '"x86_64"', '"amd64"', /"amd64".*expected one of x86_64/],
  ['unknown-node', 'keep "usr', 'kep "usr', /"kep".*expected one of/],
  ['unknown-pledge', '"rpath"', '"rpaht"', /"rpaht"/],
  ['bad-pattern', 'keep "usr/sbin/nginx"', 'keep "usr/../etc"', /"usr\/\.\.\/etc"/],
  ['bad-link', '"/bin/sh" "dash"', '"bin/sh" "dash"', /absolute path/],
  ['bad-value-count', '"/bin/sh" "dash"', '"/bin/sh"', /has 1 values, expected two/],
  ['bad-unveil', '"/srv/www" "r"', '"/srv/www" "q"', /rights "q"/],
  ['bad-unveil', '"/srv/www" "r"', '"srv/www" "r"', /no absolute path/],
  ['bad-run', '"/usr/sbin/nginx"', '"nginx"', /absolute path/],
  [
    'no-repository',
    '"nginx-light"',
    '"nginx-light" from="alpine"',
    /no repository "alpine", expected one of debian/,
  ],
  ['no-package', '        package "nginx-light"\n', '', /no package/],
  ['bad-package', '"nginx-light"', '"nginx light"', /"nginx light"/],
])('refuses %s with its place: %s -> %s', (code, from, to, message) => {
  let error: Partial<NexusError> = {};
  try {
    parseLinuxSystem(example.replace(from, to), 'system.kdl');
  } catch (caught) {
    error = caught as NexusError;
  }
  expect(error.code).toBe(code);
  expect(String(error.message) + JSON.stringify(error.place)).not.toContain('secret@');
  const place = error.place;
  expect(`${place?.file}:${place?.line}:${place?.column} ${error.message}`).toMatch(message);
  expect(place?.line).toBeGreaterThan(0);
  expect(error.hint).toBeDefined();
});

const lock: Lock = {
  system: 'web',
  architecture: 'x86_64',
  cells: [
    {
      cell: 'web',
      packages: [
        {
          adapter: 'debian',
          name: 'libc6',
          version: '2.36-9+deb12u10',
          architecture: 'x86_64',
          path: 'pool/main/g/glibc/libc6_2.36-9+deb12u10_amd64.deb',
          sizeBytes: 2_757_104,
          sha256: 'ab'.repeat(32),
        },
      ],
    },
  ],
};

test('a lock comes back as it was written, one package a line', () => {
  const text = formatLock(lock);
  expect(parseLock(text, 'nexus.lock.kdl')).toEqual(lock);
  expect(text.split('\n').filter((line) => line.includes('package'))).toHaveLength(1);
  expect(parseWithKdljs(text).errors).toEqual([]);
});

test.each([
  ['sha256="ab', 'sha256="xy', 'bad-lock'],
  ['size=2757104', 'size="2757104"', 'wrong-type'],
  ['path="pool/', 'path="../pool/', 'bad-lock'],
  ['for="x86_64"', 'for="vax"', 'unknown-architecture'],
  [' at="2.36-9+deb12u10"', '', 'missing-property'],
])('a lock with %s made %s is refused: %s', (from, to, code) => {
  const text = formatLock(lock).replace(from, to);
  expect(() => parseLock(text, 'nexus.lock.kdl')).toThrow(expect.objectContaining({ code }));
});
