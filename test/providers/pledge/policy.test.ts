/** The launcher's policy files, as bytes. */
import { createHash } from 'node:crypto';
import { linuxPledgeNames, NexusError } from '../../../model';
import { type CellPolicy, formatCellPolicy, policySizeMaxBytes, reportsOf } from '../../../providers/pledge';

const web: CellPolicy = {
  name: 'web',
  pledges: ['stdio', 'rpath', 'inet'],
  unveils: [{ path: '/srv', rights: 'r' }],
  run: ['/usr/sbin/httpd', '-f'],
  environment: { PATH: '/usr/bin', LANG: 'C' },
};

function codeOf(cell: CellPolicy): string | undefined {
  try {
    formatCellPolicy(cell, 'x86_64');
    return undefined;
  } catch (error) {
    return error instanceof NexusError ? error.code : String(error);
  }
}

test('the same cell has the same bytes, and these', () => {
  const bytes = formatCellPolicy(web, 'x86_64');
  expect(formatCellPolicy({ ...web, environment: { LANG: 'C', PATH: '/usr/bin' } }, 'x86_64')).toEqual(bytes);
  expect(formatCellPolicy(web, 'riscv64')).not.toEqual(bytes);
  const digest = createHash('sha256')
    .update(formatCellPolicy({ ...web, pledges: [] }, 'riscv64'))
    .digest('hex');
  expect(digest.slice(0, 16)).toMatchInlineSnapshot(`"04847e7ca6c3008c"`);
});

test('the header says what follows', () => {
  const bytes = Buffer.from(formatCellPolicy(web, 'x86_64'));
  expect(bytes.toString('latin1', 0, 4)).toBe('NXPL');
  expect([4, 6].map((at) => bytes.readUInt16LE(at))).toEqual([1, 62]);
  expect(bytes.readUInt32LE(8)).toBe(bytes.length);
  expect(bytes.readUInt16LE(12)).toBe(1); // exec is not pledged
  expect([18, 22, 24, 26].map((at) => bytes.readUInt16LE(at))).toEqual([1, 2, 2, 0]);
  expect([28, 32].map((at) => bytes.readUInt32LE(at))).toEqual([0xffffffff, 0xffffffff]);
  const tail = '/usr/sbin/httpd\0-f\0LANG=C\0PATH=/usr/bin\0';
  expect(bytes.toString('latin1').endsWith(tail)).toBe(true);
});

test('no cell has a policy larger than half of what the launcher reads', () => {
  for (const pledges of [[], ['stdio'], linuxPledgeNames.filter((name) => name !== 'mount')] as const)
    expect(formatCellPolicy({ ...web, pledges }, 'x86_64').length).toBeLessThan(policySizeMaxBytes / 2);
});

test('what cannot be put into force is refused', () => {
  expect(codeOf({ ...web, pledges: ['stdio', 'mount'] })).toBe('mount-with-unveil');
  expect(codeOf({ ...web, pledges: ['stdio', 'mount'], unveils: [] })).toBeUndefined();
  expect(codeOf({ ...web, pledges: ['tmppath'], unveils: [] })).toBe('tmppath-without-unveil');
  expect(codeOf({ ...web, run: undefined })).toBe('no-run');
  expect(codeOf({ ...web, environment: { 'A B': '' } })).toBe('bad-environment');
  expect(codeOf({ ...web, run: ['/bin/x', 'a'.repeat(70_000)] })).toBe('policy-too-large');
  expect(() => formatCellPolicy(web, 'aarch64')).toThrow('no launcher');
});

test('tmppath unveils /tmp and nothing else', () => {
  const text = Buffer.from(formatCellPolicy({ ...web, pledges: ['tmppath'] }, 'x86_64')).toString('latin1');
  expect(text).toContain('\x0b/tmp\0');
});

test('a report names the pledges that a call with these arguments needs', () => {
  const reports = reportsOf({ pledges: ['stdio'], isUnveiled: false }, 'x86_64');
  const needsOf = (name: string): string[] =>
    reports.filter((each) => each.name === name).map(({ needs }) => needs);
  expect(needsOf('ptrace')).toEqual(['']);
  expect(needsOf('execve')).toEqual(['exec']);
  expect(needsOf('socket')).toContain('unix');
  expect(needsOf('mkdir')).toEqual(['cpath']);
  expect(needsOf('read')).toEqual([]);
  expect(reports.every(({ conditions }) => conditions.length <= 4)).toBe(true);
});
