/** What must come along, and what is said when it cannot; the texts that it is read from. */
import { parseStanzas } from '../../../../providers/nip/debian/deb822';
import { PackageIndex, parsePackages } from '../../../../providers/nip/debian/packages';
import { formatAlternative, parseRelations } from '../../../../providers/nip/debian/relation';
import { resolveClosure } from '../../../../providers/nip/debian/resolve';

/** An index of lines `name version; Field: value; …`. */
function indexOf(...lines: readonly string[]): PackageIndex {
  const index = new PackageIndex();
  const text = lines.map((line, at) => {
    const [head = '', ...fields] = line.split('; ');
    const [name, version = '1'] = head.split(' ');
    return `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nFilename: pool/${at}.deb\nSize: 1\nSHA256: ${'0'.repeat(64)}\n${fields.join('\n')}`;
  });
  for (const each of parsePackages(text.join('\n\n'), 'x86_64')) index.add(each);
  return index;
}

const closure = (index: PackageIndex, ...names: readonly string[]): string =>
  resolveClosure(index, names, 'test')
    .map(({ name }) => name)
    .join(' ');

test('the first alternative that can be had is taken, or one that is chosen already', () => {
  const index = indexOf('aa; Depends: xx | yy, zz', 'bb; Depends: yy', 'xx', 'yy', 'zz');
  expect(closure(index, 'aa')).toBe('aa xx zz');
  expect(closure(index, 'bb', 'aa')).toBe('aa bb yy zz');
  expect(closure(indexOf('aa; Depends: nothing | yy', 'yy'), 'aa')).toBe('aa yy');
});

test('a provider stands in for a name; for a version only one that provides a version', () => {
  expect(closure(indexOf('aa; Depends: mta', 'exim; Provides: mta', 'postfix; Provides: mta'), 'aa')).toBe(
    'aa exim',
  );
  const versioned = indexOf(
    'aa; Depends: mta (>= 2)',
    'exim; Provides: mta',
    'postfix; Provides: mta (= 2.1)',
  );
  expect(closure(versioned, 'aa')).toBe('aa postfix');
  const unversioned = indexOf('aa; Depends: mta (>= 2)', 'exim 3; Provides: mta');
  expect(() => closure(unversioned, 'aa')).toThrow('"aa" needs mta (>= 2), and there is none');
});

test('packages may need each other in circles', () => {
  expect(closure(indexOf('aa; Depends: bb', 'bb; Depends: cc', 'cc; Pre-Depends: aa'), 'aa')).toBe(
    'aa bb cc',
  );
});

test('the newest version of a name counts', () => {
  const index = indexOf('aa; Depends: bb (>= 2)', 'bb 1', 'bb 2.1', 'bb 2.0');
  expect(resolveClosure(index, ['aa'], 'test').map(({ version }) => version)).toEqual(['1', '2.1']);
});

test('what cannot be had is refused with every step that led to it', () => {
  const index = indexOf('aa; Depends: bb', 'bb; Depends: cc (>= 2) | dd', 'cc 1.5');
  expect(() => closure(index, 'aa')).toThrow(
    '"aa" needs "bb" needs cc (>= 2) or dd, and there is only cc 1.5',
  );
  expect(() => closure(indexOf('vim'), 'vm')).toThrow(
    expect.objectContaining({ code: 'unknown-package', hint: 'Did you mean "vim"?' }),
  );
});

test('two packages that conflict or break each other are refused', () => {
  const index = indexOf('aa; Conflicts: bb (<< 2)', 'bb 1', 'cc; Breaks: bb', 'dd; Conflicts: bb (>> 5)');
  for (const name of ['aa', 'cc'])
    expect(() => closure(index, name, 'bb')).toThrow(expect.objectContaining({ code: 'package-conflict' }));
  expect(closure(index, 'dd', 'bb')).toBe('bb dd');
});

test('relations are read with versions, architectures of names and spaces', () => {
  const [first, second] = parseRelations(' libc6 (>=2.36) , python3:any | awk ');
  expect([first, second].map((group) => group?.map(formatAlternative))).toEqual([
    ['libc6 (>= 2.36)'],
    ['python3', 'awk'],
  ]);
});

test('stanzas are read with lines that go on, names in any case, and only the fields wanted', () => {
  const text = 'Package: a\nDescription: one\n two\n .\nX: y\n\n\n\npackage: b\nno colon\n';
  expect([...parseStanzas(text)].map((stanza) => Object.fromEntries(stanza))).toEqual([
    { package: 'a', description: 'one\ntwo\n.', x: 'y' },
    { package: 'b' },
  ]);
  expect([...parseStanzas(text, new Set(['package']))].map((each) => each.size)).toEqual([1, 1]);
});

test('a stanza is left out whose path, name, digest or size nobody could use', () => {
  const good = `Package: aa\nVersion: 1\nArchitecture: all\nFilename: pool/a.deb\nSize: 1\nSHA256: ${'0'.repeat(64)}`;
  const bad = ['pool/../../x', '/etc/passwd'].map((path) => good.replace('pool/a.deb', path));
  const worse = [
    good.replace('Package: aa', 'Package: ../a'),
    good.replace('Size: 1', 'Size: x'),
    good.replace('000', 'xyz'),
  ];
  expect([...parsePackages([good, ...bad, ...worse].join('\n\n'), 'x86_64')].map(({ path }) => path)).toEqual(
    ['pool/a.deb'],
  );
});
