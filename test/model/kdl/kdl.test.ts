/** system.kdl and mesh.kdl: both ways, read by a second implementation, wrong text, hostile text. */
import * as fc from 'fast-check';
import { parse as parseWithKdljs } from 'kdljs';
import {
  formatMesh,
  formatPlace,
  formatSystem,
  mayTalk,
  NexusError,
  parseMesh,
  parseSystem,
} from '../../../model';
import { meshes, systems } from './_arbitraries';

const systemText = `system "swarm" version=1 {
    profile "tinybox"
    cell "hello" {
        source "cells/hello"
        pledge "stdio" "clock" "mesh"
        stack-bytes 4096
    }
}
`;
const meshText = `mesh "swarm" version=1 {
    member "hello"
    hello-interval-ms 1000
    heartbeat-interval-ms 5000
}
`;

function errorOf(text: string, parse: (text: string, file: string) => unknown = parseSystem): NexusError {
  try {
    parse(text, 'system.kdl');
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

const withCell = (cell: string): string =>
  `system "swarm" version=1 {\n    profile "tinybox"\n    ${cell}\n}\n`;

test('the reviewed layout of both files is written byte for byte', () => {
  expect(formatSystem(parseSystem(systemText, 'system.kdl'))).toBe(systemText);
  expect(formatMesh(parseMesh(meshText, 'mesh.kdl'))).toBe(meshText);
});

test('formatting and parsing a system are inverse', () => {
  fc.assert(
    fc.property(systems, (system) => {
      expect(parseSystem(formatSystem(system), 'system.kdl')).toEqual(system);
    }),
  );
});

test('formatting and parsing a mesh are inverse', () => {
  fc.assert(
    fc.property(meshes, (mesh) => {
      expect(parseMesh(formatMesh(mesh), 'mesh.kdl')).toEqual(mesh);
    }),
  );
});

test('the order of cells and pledges in the text changes nothing', () => {
  const cell = (name: string, pledge: string) => `cell "${name}" { source "s"; pledge ${pledge} }`;
  const one = withCell(`${cell('a', '"stdio" "mesh"')}\n${cell('b', '"clock"')}`);
  const other = withCell(`${cell('b', '"clock"')}\n${cell('a', '"mesh" "stdio"')}`);
  expect(parseSystem(one, 'f')).toEqual(parseSystem(other, 'f'));
});

interface PlainNode {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly properties: Record<string, unknown>;
  readonly children: readonly PlainNode[];
}

test('kdljs reads what we write alike', () => {
  fc.assert(
    fc.property(systems, (system) => {
      const { output, errors } = parseWithKdljs(formatSystem(system));
      expect(errors).toEqual([]);
      const [root] = (output ?? []) as unknown as readonly PlainNode[];
      const [profile, ...cells] = root?.children ?? [];
      expect([root?.name, root?.values, root?.properties]).toEqual(['system', [system.name], { version: 1 }]);
      expect(profile?.values).toEqual([system.profile]);
      expect(cells.map((cell) => [...cell.values, ...cell.children.map((child) => child.values)])).toEqual(
        system.cells.map(({ name, source, pledges, stackBytes }) => [
          name,
          [source],
          ...(pledges.length === 0 ? [] : [pledges]),
          [stackBytes],
        ]),
      );
    }),
    { numRuns: 50 },
  );
});

const wrong: readonly (readonly [string, string, string, string])[] = [
  ['an unknown node', withCell('cel "hello" { source "s" }'), 'unknown-node', '3:5'],
  ['an unknown child', withCell('cell "hello" { sourc "s" }'), 'unknown-node', '3:20'],
  ['an unknown property', withCell('cell "hello" stack=1 { source "s" }'), 'unknown-property', '3:18'],
  ['a wrong type', withCell('cell "hello" { source 1 }'), 'wrong-type', '3:27'],
  ['text for a number', withCell('cell "a" { source "s"; stack-bytes "4096" }'), 'wrong-type', '3:40'],
  ['an odd stack', withCell('cell "a" { source "s"; stack-bytes 4097 }'), 'bad-stack-bytes', '3:40'],
  ['an infinite stack', withCell('cell "a" { source "s"; stack-bytes #inf }'), 'bad-stack-bytes', '3:40'],
  [
    'two cells of one name',
    withCell('cell "a" { source "s" }; cell "a" { source "t" }'),
    'duplicate-cell',
    '3:30',
  ],
  ['an unknown profile', 'system "a" version=1 {\n  profile "tinbox"\n}', 'unknown-profile', '2:11'],
  ['an unknown pledge', withCell('cell "a" { source "s"; pledge "stdio" "net" }'), 'unknown-pledge', '3:43'],
  [
    'a pledge given twice',
    withCell('cell "a" { source "s"; pledge "mesh" "mesh" }'),
    'duplicate-pledge',
    '3:28',
  ],
  ['a missing version', 'system "a" {\n}', 'bad-version', '1:1'],
  ['a version of the future', 'system "a" version=2 {\n}', 'bad-version', '1:12'],
  ['a missing profile', 'system "a" version=1 {\n}', 'missing-node', '1:1'],
  ['a missing source', withCell('cell "a"'), 'missing-node', '3:5'],
  ['a missing name', withCell('cell { source "s" }'), 'bad-value-count', '3:5'],
  ['two sources', withCell('cell "a" { source "s"; source "t" }'), 'repeated-node', '3:28'],
  ['two values', withCell('cell "a" { source "s" "t" }'), 'bad-value-count', '3:27'],
  ['an absolute source', withCell('cell "a" { source "/etc" }'), 'bad-source', '3:23'],
  ['no cell', withCell(''), 'bad-cell-count', '1:1'],
  ['a bad name', withCell('cell "Hello" { source "s" }'), 'bad-name', '3:10'],
  ['an empty text', '', 'missing-node', '1:1'],
  ['two systems', `${systemText}${systemText}`, 'repeated-node', '9:1'],
  ['a mesh in place of a system', meshText, 'unknown-node', '1:1'],
  ['a type annotation', '(u8)system "a" version=1 {}', 'bad-kdl', '1:1'],
  ['an unquoted path', withCell('cell "a" { source cells/hello }'), 'bad-kdl', '3:23'],
  ['a bare keyword', 'system true\n', 'bad-kdl', '1:8'],
  ['a misspelt keyword', 'system "a" x=#treu\n', 'bad-kdl', '1:14'],
  ['an open brace', 'system "a" version=1 {', 'bad-kdl', '1:23'],
];

test.each(wrong)('%s is refused where it stands', (_, text, code, position) => {
  const error = errorOf(text);
  expect([error.code, formatPlace(error.place)]).toEqual([code, `system.kdl:${position}`]);
  expect(error.hint).toBeDefined();
  expect(error.message).toMatch(/^Cannot .*:/);
});

test('wrong meshes are refused where they stand', () => {
  const errorAt = (text: string) => {
    const { code, place } = errorOf(text, parseMesh);
    return [code, formatPlace(place)];
  };
  const inMesh = (line: string) => `mesh "m" version=1 {\n${line}\n}`;
  expect(errorAt(inMesh(''))).toEqual(['bad-member-count', 'system.kdl:1:1']);
  expect(errorAt(inMesh('member "a"; member "a"'))).toEqual(['duplicate-member', 'system.kdl:2:13']);
  expect(errorAt(inMesh('member "a"; hello-interval-ms 99'))).toEqual(['bad-interval', 'system.kdl:2:31']);
  expect(errorAt(inMesh('membr "a"'))).toEqual(['unknown-node', 'system.kdl:2:1']);
  expect(errorAt(inMesh('member "a" { x }'))).toEqual(['unknown-node', 'system.kdl:2:14']);
});

test('the pairs that may talk are written in order, whichever way they are read', () => {
  const text = (...allows: string[]) =>
    `mesh "m" version=1 {\n    member "a"\n    member "b"\n    member "c"\n${allows.map((allow) => `    allow ${allow}\n`).join('')}    hello-interval-ms 1000\n    heartbeat-interval-ms 5000\n}\n`;
  const mesh = parseMesh(text('"c" "b"', '"b" "a"'), 'mesh.kdl');
  expect(formatMesh(mesh)).toBe(text('"a" "b"', '"b" "c"'));
  expect([mayTalk(mesh, 'b', 'c'), mayTalk(mesh, 'c', 'a'), mayTalk(mesh, 'a', 'a')]).toEqual([
    true,
    false,
    true,
  ]);
  expect(mayTalk({ ...mesh, allowed: [] }, 'a', 'c')).toBe(true);
});

test.each([
  ['allow "a"', 'bad-value-count', '2:25'],
  ['allow "a" "b" "a"', 'bad-value-count', '2:25'],
  ['allow "a" "x"', 'unknown-member', '1:1'],
  ['allow "a" "a"', 'bad-allow', '1:1'],
  ['allow "a" "b"; allow "b" "a"', 'duplicate-allow', '1:1'],
  ['allow "a" "B"', 'bad-name', '2:35'],
])('the mesh with %s is refused', (line, code, position) => {
  const error = errorOf(`mesh "m" version=1 {\nmember "a"; member "b"; ${line}\n}`, parseMesh);
  expect([error.code, formatPlace(error.place)]).toEqual([code, `system.kdl:${position}`]);
});

test('an unquoted path is quoted whole in the error', () => {
  expect(errorOf(withCell('cell "a" { source cells/hello }')).message).toContain('"cells/hello"');
});

test('text over a mebibyte or nested without end is refused', () => {
  expect(errorOf(' '.repeat(1024 * 1024 + 1)).code).toBe('kdl-too-large');
  expect(errorOf('a{'.repeat(100_000)).code).toBe('kdl-too-deep');
});

test('whatever is done to the text, only a NexusError comes out', () => {
  const pieces = [
    '"',
    '{',
    '}',
    '\\',
    '/*',
    '/-',
    '#',
    '(',
    ')',
    '=',
    ';',
    '\0',
    '\u{feff}',
    '"""',
    '\n',
    '😀',
    'cell',
  ];
  const mutation = fc.record({
    at: fc.nat(systemText.length),
    remove: fc.nat(12),
    insert: fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 8 })),
  });
  fc.assert(
    fc.property(
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(systemText, meshText),
      (mutations, start) => {
        const text = mutations.reduce<string>(
          (current, { at, remove, insert }) => current.slice(0, at) + insert + current.slice(at + remove),
          start,
        );
        for (const parse of [parseSystem, parseMesh]) {
          try {
            parse(text, 'fuzz.kdl');
          } catch (error) {
            expect(error).toBeInstanceOf(NexusError);
            expect((error as NexusError).place?.file).toBe('fuzz.kdl');
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});
