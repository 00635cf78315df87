/** Records: canonical bytes, strict reading, hostile bytes. */
import * as fc from 'fast-check';
import {
  cidOfRaw,
  cidOfStatement,
  createMeasuredStatement,
  createStatement,
  formatStatement,
  isKind,
  kindOf,
  NexusError,
  parseStatement,
  type Statement,
} from '../../model';

const image = cidOfRaw(Uint8Array.of(1));
const release = cidOfRaw(Uint8Array.of(2));
const hex = (digit: string) => digit.repeat(64);
const text = (statement: Statement) => Buffer.from(formatStatement(statement)).toString();

const heartbeat = {
  node: 'n0',
  key: hex('a'),
  release,
  config: hex('b'),
  epoch: '1',
  sequence: '18446744073709551615',
  uptimeMicros: '12345',
  cells: [{ name: 'hello', state: 'running' }],
  peers: [{ name: 'n1', cellId: 'c'.repeat(32), heard: true }],
} as const;

const statements: readonly Statement[] = [
  createStatement('artifact', {
    kind: 'image',
    name: 'swarm',
    cid: image,
    sizeBytes: 30_000,
    source: hex('d'),
    toolchain: 'clang 19',
    cells: { hello: release },
  }),
  createStatement('release', {
    name: 'swarm',
    systems: { swarm: { kdl: image } },
    images: { swarm: { image, sizeBytes: 30_000 } },
    meshes: { swarm: { kdl: image } },
    placement: { n1: { host: 'local', image: 'swarm', mesh: 'swarm' } },
  }),
  createStatement('deployment', {
    node: 'n0',
    host: 'local',
    release,
    image,
    key: hex('a'),
    slot: 'a',
    epoch: '1',
    outcome: 'failed',
    reason: 'no "boot" record within 10 s',
  }),
  createMeasuredStatement('boot', { ...heartbeat, nonce: hex('e') }, hex('f')),
  createMeasuredStatement('heartbeat', heartbeat, hex('f')),
  createStatement('heartbeat-interval', {
    site: 'local',
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-01-01T00:01:00.000Z',
    count: 12,
    nodeCount: 1,
    root: hex('9'),
    silentCount: 1,
    silent: ['n1'],
  }),
  createStatement('rollback', {
    from: release,
    to: release,
    reason: 'bad cell',
    at: '2026-01-31T12:00:00.000Z',
  }),
  createStatement('key', { role: 'node', name: 'n0', key: hex('a') }),
  createStatement('key', {
    role: 'deployer',
    name: 'deployer',
    key: hex('a'),
    replaces: hex('b'),
    proof: hex('c').repeat(2),
    at: '2026-01-31T12:00:00.000Z',
  }),
  createStatement('revocation', {
    key: hex('a'),
    role: 'node',
    name: 'n0',
    fromIndex: 7,
    reason: 'stolen',
    at: '2026-01-31T12:00:00.000Z',
  }),
  createStatement('floor', { release, reason: 'hole in n', at: '2026-01-31T12:00:00.000Z' }),
];

test.each(statements.map((statement) => [kindOf(statement), statement] as const))(
  'a %s record is written and read back',
  (_, statement) => {
    expect(parseStatement(formatStatement(statement))).toEqual(statement);
  },
);

test('a boot record has the bytes that the kernel writes', () => {
  const boot = createMeasuredStatement('boot', { ...heartbeat, nonce: hex('e') }, hex('f'));
  expect(text(boot)).toBe(
    `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"n0","digest":{"sha256":"${hex('f')}"}}],` +
      '"predicateType":"https://factory.nexus.internal/provchain/boot/v1",' +
      `"predicate":{"node":"n0","key":"${hex('a')}","release":"${release}","config":"${hex('b')}","nonce":"${hex('e')}",` +
      '"epoch":"1","sequence":"18446744073709551615","uptimeMicros":"12345",' +
      `"cells":[{"name":"hello","state":"running"}],"peers":[{"name":"n1","cellId":"${'c'.repeat(32)}","heard":true}]}}`,
  );
});

test('the order in which a record is made changes neither its bytes nor its CID', () => {
  const [one, other] = [
    ['b', 'a'],
    ['a', 'b'],
  ].map((names) =>
    createStatement('release', {
      placement: Object.fromEntries(names.map((name) => [name, { mesh: 'm', image: 'i', host: 'h' }])),
      meshes: { m: { kdl: image } },
      images: { i: { image } },
      systems: {},
      name: 'r',
    }),
  );
  if (one === undefined || other === undefined) throw new Error('unreachable');
  expect(text(one)).toBe(text(other));
  expect(cidOfStatement(one)).toBe(cidOfStatement(other));
  expect(cidOfStatement(one)).toBe('bafkreifmqpxlfaaicx7dr6sgvb4234hwhruy3olh4urtff2e2brlfz5kq4');
});

test('a kind narrows the type', () => {
  const [statement] = statements.filter((some) => isKind(some, 'rollback'));
  expect(statement?.predicate.to).toBe(release);
});

const rollback = text(
  createStatement('rollback', { from: image, to: release, at: '2026-01-31T12:00:00.000Z' }),
);
const boot = text(createMeasuredStatement('boot', { ...heartbeat, nonce: hex('e') }, hex('f')));
const wrong: readonly (readonly [string, string])[] = [
  ['a space', rollback.replace(',"', ', "')],
  ['a final newline', `${rollback}\n`],
  ['a byte order mark', `\u{feff}${rollback}`],
  ['keys in another order', rollback.replace(/"from":("\w+"),"to":("\w+")/, '"to":$2,"from":$1')],
  ['an unknown key', rollback.replace('"predicate":{', '"predicate":{"x":1,')],
  ['a key given twice', rollback.replace('"to":', '"to":"x","to":')],
  ['a missing key', rollback.replace(/"from":"\w+",/, '')],
  ['an unknown type of predicate', rollback.replace('/rollback/v1', '/rollback/v2')],
  ['a subject of another thing', rollback.replace(/"sha256":"\w{64}"/, `"sha256":"${hex('0')}"`)],
  ['a boot of another node', boot.replace('"subject":[{"name":"n0"', '"subject":[{"name":"n1"')],
  ['an escape that is not needed', boot.replace('running', '\\u0072unning')],
  ['an unknown state', boot.replace('running', 'jogging')],
  ['a number past 64 bits', boot.replace('18446744073709551615', '18446744073709551616')],
  ['a number with a leading zero', boot.replace('"epoch":"1"', '"epoch":"01"')],
  ['a list', '[]'],
  ['nothing', ''],
  ['nesting without end', '['.repeat(500_000)],
];

test.each(wrong)('a record with %s is refused', (_, bytes) => {
  expect(() => parseStatement(Buffer.from(bytes))).toThrow(expect.objectContaining({ code: 'bad-record' }));
});

test('a release that places a node on an image it lacks is neither written nor read', () => {
  const predicate = {
    name: 'r',
    systems: {},
    images: {},
    meshes: {},
    placement: { n0: { host: 'h', image: 'i', mesh: 'm' } },
  };
  expect(() => formatStatement(createStatement('release', predicate))).toThrow(
    'Cannot place node "n0" with image "i"',
  );
});

test('a record over a mebibyte is refused before it is decoded', () => {
  expect(() => parseStatement(new Uint8Array(1024 * 1024 + 1))).toThrow('expected at most 1048576');
});

test('whatever is done to the bytes, they read as themselves or as a NexusError', () => {
  const sources = statements.map((statement) => Buffer.from(formatStatement(statement)));
  const mutation = fc.record({ at: fc.nat(2000), byte: fc.nat(255), remove: fc.nat(3) });
  fc.assert(
    fc.property(fc.constantFrom(...sources), fc.array(mutation, { maxLength: 3 }), (source, mutations) => {
      const bytes = mutations.reduce((current, { at, byte, remove }) => {
        const offset = at % current.length;
        return Buffer.concat([
          current.subarray(0, offset),
          Buffer.of(byte),
          current.subarray(offset + remove),
        ]);
      }, source);
      try {
        expect(Buffer.from(formatStatement(parseStatement(bytes))).equals(bytes)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(NexusError);
      }
    }),
    { numRuns: 500 },
  );
});
