/** The kernel's cryptography compiled for this machine; see crypto-host.c for the requests it answers. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findToolchain } from '../../providers/factory';

const kernel = join(__dirname, '../../kernel');

export interface CryptoHost {
  /** One answer for each request line. */
  ask(requests: readonly string[]): string[];
  remove(): void;
}

/** With traps on undefined behaviour: a shift or an index out of range ends the program. */
export async function buildCryptoHost(): Promise<CryptoHost> {
  const { clang } = await findToolchain();
  const folder = mkdtempSync(join(tmpdir(), 'nexus-crypto-'));
  const program = join(folder, 'crypto-host');
  const sources = readdirSync(join(kernel, 'crypto'))
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(kernel, 'crypto', name));
  const flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror'];
  const traps = ['-fsanitize=undefined', '-fsanitize-trap=all'];
  const inputs = [join(__dirname, 'crypto-host.c'), join(kernel, 'lib/bytes.c'), ...sources];
  execFileSync(clang, [...flags, ...traps, ...inputs, '-o', program]);
  return {
    ask: (requests) => {
      const output = execFileSync(program, { input: `${requests.join('\n')}\n`, encoding: 'latin1' });
      return output.trimEnd().split('\n');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
