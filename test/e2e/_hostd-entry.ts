/** The host daemon as the provider starts it: intervals of heartbeats go into the ledger. */
import { appendToLedger, runHostdCommand } from '../../providers/deploy';

const [, , , ...commandArguments] = process.argv;
void runHostdCommand(commandArguments, appendToLedger);
