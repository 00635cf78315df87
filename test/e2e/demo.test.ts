import { formatSteps, runDemo } from '../../examples/tinybox-swarm/demo';

test('the whole demo runs: three nodes are deployed, changed, rolled back by CID, repaired and destroyed', async () => {
  const lines: string[] = [];
  try {
    const steps = await runDemo((text) => lines.push(text));
    expect(steps.map(({ title }) => title)).toHaveLength(9);
    console.info(formatSteps(steps));
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\nbefore it:\n${lines.join('\n')}`);
  }
}, 600_000);
