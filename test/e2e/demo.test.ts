import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatSteps, runDemo } from '../../examples/tinybox-swarm/demo';

test('the whole demo runs: three nodes are deployed, changed, rolled back by CID, repaired and destroyed', async () => {
  const lines: string[] = [];
  const [home, before] = [mkdtempSync(join(tmpdir(), 'nexus-home-')), process.env.HOME];
  process.env.HOME = home;
  try {
    const steps = await runDemo((text) => lines.push(text));
    expect(steps.map(({ title }) => title)).toHaveLength(9);
    // A link from there into the demo's folder would outlive that folder.
    expect(existsSync(join(home, '.terraform.d/plugin-cache'))).toBe(false);
    console.info(formatSteps(steps));
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\nbefore it:\n${lines.join('\n')}`);
  } finally {
    process.env.HOME = before;
    rmSync(home, { recursive: true, force: true });
  }
}, 600_000);
