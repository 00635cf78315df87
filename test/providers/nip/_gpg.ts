/** An OpenPGP key of the test's own, in a home of its own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
    rmSync(home, { recursive: true, force: true });
  }
});

export interface TestSigner {
  readonly keyring: string;
  clearSign(text: string): Buffer;
}

export function makeSigner(): TestSigner {
  // Its agent's socket needs a short path.
  const home = mkdtempSync(join(tmpdir(), 'gpg-'));
  homes.push(home);
  chmodSync(home, 0o700);
  const common = ['--homedir', home, '--batch', '--quiet', '--no-tty'];
  const user = 'Test <test@example.org>';
  execFileSync('gpg', [...common, '--passphrase', '', '--quick-gen-key', user, 'ed25519', 'sign', 'never'], {
    stdio: 'pipe',
  });
  const keyring = join(home, 'keyring.gpg');
  execFileSync('gpg', [...common, '--output', keyring, '--export', user], { stdio: 'pipe' });
  return {
    keyring,
    clearSign: (text) =>
      execFileSync('gpg', [...common, '--clear-sign'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] }),
  };
}
