/** Names, pledges, profiles and the checks of cells and meshes. */
import * as fc from 'fast-check';
import {
  checkMembers,
  checkName,
  checkProfileIsBuilt,
  findNearest,
  findProfile,
  formatError,
  type Mesh,
  NexusError,
  namePattern,
  parsePledge,
  pledgeMask,
  pledgeNames,
  pledgesOfMask,
  type System,
} from '../../model';

function errorOf(action: () => unknown): NexusError {
  try {
    action();
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('an unknown pledge lists the known ones and suggests the nearest', () => {
  const error = errorOf(() => parsePledge('clok'));
  expect(formatError(error)).toBe(
    'Cannot read pledge "clok": unknown name, expected one of stdio, clock, mesh\n  hint: Did you mean "clock"?',
  );
  expect(errorOf(() => parsePledge('toString')).hint).toBe('Use one of: stdio, clock, mesh.');
});

test('an error of the system is printed with what mends it, where that is known', () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write '/x'"), { code: 'ENOSPC' });
  expect(formatError(full)).toBe(
    "ENOSPC: no space left on device, write '/x'\n  hint: The disk is full: free some space, then run this again.",
  );
  expect(formatError(new Error('other'))).toBe('other');
  expect(formatError('text')).toBe('text');
});

test('an unknown profile lists the known ones', () => {
  const error = errorOf(() => findProfile('tinybx'));
  expect(error.code).toBe('unknown-profile');
  expect(error.message).toContain('expected one of tinybox, cryptobox, dragonbox, nexbox, linbox');
  expect(error.hint).toBe('Did you mean "tinybox"?');
});

test('a profile that this version does not build is refused clearly', () => {
  expect(errorOf(() => checkProfileIsBuilt('dragonbox')).message).toBe(
    'Cannot build profile "dragonbox": not yet built by this version, expected one of tinybox',
  );
  expect(checkProfileIsBuilt('tinybox').budgetBytes).toBe(32_768);
});

test('a pledge mask and its pledges are inverse', () => {
  fc.assert(
    fc.property(fc.subarray([...pledgeNames]), (some) => {
      expect(pledgesOfMask(pledgeMask(some))).toEqual(some);
    }),
  );
  expect(pledgeMask(['stdio', 'clock', 'mesh'])).toBe(7);
  expect(errorOf(() => pledgesOfMask(8)).code).toBe('unknown-pledge');
});

test('a bad name is answered with one that would do', () => {
  for (const name of ['', 'Hello', '-a', 'a_b', 'x'.repeat(32), '9lives', 'über', 'a\n', '__proto__']) {
    const error = errorOf(() => checkName('cell', name));
    expect(error.code).toBe('bad-name');
    expect(/"(.*)"/.exec(error.hint ?? '')?.[1]).toMatch(namePattern);
  }
  expect(checkName('node', 'n-1')).toBe('n-1');
});

test('the nearest word is within two edits', () => {
  expect(findNearest('STDIO', pledgeNames)).toBe('stdio');
  expect(findNearest('zzz', pledgeNames)).toBeUndefined();
  expect(findNearest('x'.repeat(100_000), pledgeNames)).toBeUndefined();
});

test('a mesh member that is no cell is refused', () => {
  const system: System = {
    name: 'swarm',
    profile: 'tinybox',
    cells: [{ name: 'hello', source: 'cells/hello', pledges: [], stackBytes: 4096 }],
  };
  const mesh: Mesh = {
    name: 'swarm',
    members: ['helo'],
    allowed: [],
    helloIntervalMs: 1000,
    heartbeatIntervalMs: 5000,
  };
  const error = errorOf(() => checkMembers(mesh, [system]));
  expect(error.message).toBe('Cannot take "helo" into mesh "swarm": it is no cell, expected one of hello');
  expect(error.hint).toBe('Did you mean "hello"?');
});
