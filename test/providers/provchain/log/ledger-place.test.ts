import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  findLedgerPlace,
  formatLedgerPlace,
  namedLedgerPlace,
  noteLedgerPlace,
  ownLedgerPlace,
  parseLedgerPlace,
} from '../../../../providers/provchain';

const home = mkdtempSync(join(tmpdir(), 'ledger-place-'));
afterAll(() => rmSync(home, { recursive: true }));

const names = { stateDir: home, baseFolder: '/base' };

test('a text is a folder, a database or a server', () => {
  expect(parseLedgerPlace('ledger', '/base')).toEqual({ kind: 'folder', folder: '/base/ledger' });
  expect(parseLedgerPlace('/a/ledger', '/base')).toEqual({ kind: 'folder', folder: '/a/ledger' });
  for (const address of [
    'postgres://u@h:1/d?sslmode=require',
    'postgresql://h/d',
    'postgres://u@/d?host=/run',
  ])
    expect(parseLedgerPlace(address, '/base')).toEqual({ kind: 'postgres', address });
  for (const url of ['https://h/log', 'http://h:1/', 'unix:/run/a'])
    expect(parseLedgerPlace(url, '/base')).toEqual({ kind: 'server', url });
  for (const wrong of ['', 'mysql://h/d', 'ftp://h/', 'https://u:p@h/', 'postgres://['])
    expect(() => parseLedgerPlace(wrong, '/base')).toThrow('Cannot use ledger');
});

test('a password is never shown, wherever in an address it stands', () => {
  const password = fc.stringMatching(/^[A-Z]{12}$/);
  const check = fc.property(password, (secret) => {
    for (const address of [
      `postgres://u:${secret}@h/d`,
      `postgresql://:${secret}@h/d`,
      `postgres://u@h/d?a=b&password=${secret}`,
      `postgres://u:${secret}@/d?host=/run`,
      `postgres://u:a@${secret}@h/d`,
    ]) {
      const shown = (() => {
        try {
          return formatLedgerPlace(parseLedgerPlace(address, '/'));
        } catch (error) {
          return String(error);
        }
      })();
      expect(shown).not.toContain(secret);
    }
  });
  fc.assert(check, { numRuns: 20 });
});

test('what is named comes first, then the environment, then what was noted, then the own folder', async () => {
  const own = { kind: 'folder', folder: join(home, 'ledger') };
  expect(ownLedgerPlace(home)).toEqual(own);
  expect(findLedgerPlace(names)).toEqual(own);
  await noteLedgerPlace(home, { kind: 'postgres', address: 'postgres://u:hidden@h/d' });
  expect(readFileSync(join(home, 'ledger-place'), 'utf8')).toBe('postgres://u@h/d\n');
  expect(findLedgerPlace(names)).toEqual({ kind: 'postgres', address: 'postgres://u@h/d' });
  const fromEnvironment = 'https://h/log';
  expect(findLedgerPlace({ ...names, fromEnvironment })).toEqual({ kind: 'server', url: 'https://h/log' });
  expect(findLedgerPlace({ ...names, fromEnvironment, named: 'a' })).toEqual({
    kind: 'folder',
    folder: '/base/a',
  });
  expect(namedLedgerPlace(names)).toEqual(own);
  await noteLedgerPlace(home, ownLedgerPlace(home));
  expect(findLedgerPlace(names)).toEqual(own);
});

test('the environment gives the password to the address that is named or noted without it', async () => {
  const fromEnvironment = 'postgres://u:hidden@h/d';
  const withPassword = { kind: 'postgres', address: fromEnvironment };
  expect(namedLedgerPlace({ ...names, named: 'postgres://u@h/d', fromEnvironment })).toEqual(withPassword);
  expect(namedLedgerPlace({ ...names, named: 'postgres://u@h/other', fromEnvironment })).toEqual({
    kind: 'postgres',
    address: 'postgres://u@h/other',
  });
});
