/** What all verbs have in common. */
import { Command, InvalidArgumentError } from 'commander';

/** A command with `--json` and `--state`; examples are lines of `command` and what it does. */
export function createVerb(
  name: string,
  summary: string,
  examples: readonly (readonly [string, string])[],
): Command {
  const width = Math.max(...examples.map(([command]) => command.length));
  const lines = examples.map(([command, meaning]) => `  ${command.padEnd(width)}  ${meaning}`);
  return new Command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .helpOption('-h, --help', 'print this help')
    .option('--json', 'print the result as JSON')
    .option('--state <dir>', 'the state folder')
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** For options that count: 1 or more. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a number of 1 or more');
}
