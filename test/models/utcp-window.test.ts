/** The model of UTCP's window, searched whole by Spin: nothing is lost for good, and without heartbeats something is. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findToolchain } from '../../providers/factory';

const model = join(__dirname, 'utcp-window.pml');

/** @returns what the search says of itself */
async function search(defines: readonly string[]): Promise<string> {
  const { clang } = await findToolchain();
  const cwd = mkdtempSync(join(tmpdir(), 'nexus-spin-'));
  try {
    execFileSync('spin', [...defines, '-a', model], { cwd });
    execFileSync(clang, ['-O2', '-w', '-o', 'pan', 'pan.c'], { cwd });
    return execFileSync('./pan', ['-a', '-m100000'], { cwd, encoding: 'utf8' });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

test('every message comes in the end, and the credit holds, whatever is lost and overtaken', async () => {
  const result = await search([]);
  expect(result).toMatch(/errors: 0\n/);
  expect(Number(/(\d+) states, stored/.exec(result)?.[1])).toBeGreaterThan(1000);
  expect(result).not.toContain('max search depth too small');
});

test('without heartbeats a lost tail is never missed', async () => {
  expect(await search(['-DNO_HEARTBEAT'])).toMatch(/acceptance cycle[\s\S]*errors: 1\n/);
});
