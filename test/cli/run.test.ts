/** Which exit code an error has. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Desk } from './_io';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

test.each([['log'], ['log', '--json'], ['verify'], ['verify', '--state', 'elsewhere'], ['audit']])(
  'without a ledger, nexus %s %s %s is an error of what was named: exit code 2, and nothing is made',
  async (...words: string[]) => {
    const { code, out, err } = await desk.nexus(...words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^nexus: Cannot .*there is none|holds none|no key/);
    expect(err).toContain('hint: ');
    expect(existsSync(join(desk.folder, '.nexus'))).toBe(false);
  },
);

test('a verb that is not there is one too', async () => {
  expect((await desk.nexus('frobnicate')).code).toBe(2);
});
