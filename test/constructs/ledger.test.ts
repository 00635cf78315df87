import path from 'node:path';
import { createFixture, type Fixture } from './_fixture';

let fixture: Fixture;
beforeEach(() => {
  fixture = createFixture();
});
afterEach(() => fixture.remove());

function ledgerOf(ledger?: string): unknown {
  const { terraform } = fixture.stack(fixture.app(), ledger === undefined ? {} : { ledger }).preview();
  const { provider } = terraform as { provider?: { nexus?: readonly { ledger?: string }[] } };
  return provider?.nexus?.[0]?.ledger;
}

test('a shared ledger is named as it is, a folder from the folder of the stack, and none by default', () => {
  expect(ledgerOf()).toBeUndefined();
  expect(ledgerOf('postgres://nexus@db/ledger')).toBe('postgres://nexus@db/ledger');
  expect(ledgerOf('https://ledger.example/log')).toBe('https://ledger.example/log');
  expect(ledgerOf(path.join(fixture.folder, 'shared'))).toBe('../../../shared');
});

test('an address with a password in it is refused before anything is written', () => {
  for (const address of ['postgres://nexus:hidden@db/ledger', 'postgres://db/ledger?password=hidden'])
    expect(() => fixture.stack(fixture.app(), { ledger: address }).preview()).toThrow(
      /^(?!.*hidden).*password in it/s,
    );
});
