/** What all verbs have in common. */
import { Command, InvalidArgumentError } from 'commander';
import type { CommonOptions, Io } from './io';

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

/** A verb that reads or writes the ledger: it can be told which one, and who must have cosigned what it says. */
export function createLedgerVerb(...verb: Parameters<typeof createVerb>): Command {
  return createVerb(...verb)
    .option('--ledger <place>', 'another ledger: its folder or address')
    .option('--policy <file>', 'witnesses that must have cosigned, as a tlog-policy');
}

/** What these options say goes before the environment. */
export function withLedger({ ledger, policy }: CommonOptions, io: Io): Io {
  const named = {
    ...(ledger !== undefined && { NEXUS_LEDGER: ledger }),
    ...(policy !== undefined && { NEXUS_POLICY: policy }),
  };
  // Not spread: who looks at `input` opens the terminal.
  return Object.create(io, { env: { value: { ...io.env, ...named } } });
}

/** What `--registry` and `--insecure` say goes before the environment. */
export function withRegistry(
  { registry, insecure }: { readonly registry?: string | undefined; readonly insecure?: boolean | undefined },
  io: Io,
): Io {
  const named = {
    ...(registry !== undefined && { NEXUS_REGISTRY: registry }),
    ...(insecure === true && { NEXUS_REGISTRY_INSECURE: '1' }),
  };
  return Object.create(io, { env: { value: { ...io.env, ...named } } });
}

/** For options that count: 1 or more. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a number of 1 or more');
}
