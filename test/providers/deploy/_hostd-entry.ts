/** The host daemon as the tests start it: the real one, with intervals written to a file instead of a ledger. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { runHostdCommand } from '../../../providers/deploy';

const [, , , ...commandArguments] = process.argv;
void runHostdCommand(commandArguments, (stateDir) => async ({ interval }) => {
  appendFileSync(join(stateDir, '..', 'intervals.jsonl'), `${JSON.stringify(interval)}\n`);
});
