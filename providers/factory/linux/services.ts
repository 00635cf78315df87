/**
 * The services that init starts, `/etc/nexus/services`: one a line, fields apart by tabs. The reader is
 * kernel/graft/init/services.c.
 *
 *     <name> <once|always> <terminal, or -> <program> <argument> …
 */
import { checkName, NexusError, quote } from '../../../model';

export interface LinuxService {
  /** What stands before its lines on the console, and among the cells of the node's records. */
  readonly name: string;
  /** An absolute path and arguments. */
  readonly run: readonly string[];
  /** Whether it is started again when it ends. @default true */
  readonly isAlways?: boolean | undefined;
  /** A terminal of its own, such as `/dev/ttyS1`: what it reads and writes. @default none: it writes to the console */
  readonly terminal?: string | undefined;
}

/** Those of init: kernel/param.h, kernel/graft/init/init.h. */
export const serviceLimits = { services: 8, arguments: 24, sizeBytes: 8192 } as const;

/** @throws NexusError `bad-service` */
export function formatServices(services: readonly LinuxService[]): string {
  const text = services.map(formatService).join('');
  if (services.length > serviceLimits.services)
    throw badService(`${services.length} of them, expected at most ${serviceLimits.services}`);
  if (text.length > serviceLimits.sizeBytes) throw badService(`${text.length} characters in all`);
  return text;
}

function formatService({ name, run, isAlways = true, terminal = '-' }: LinuxService): string {
  const fields = [checkName('cell', name), isAlways ? 'always' : 'once', terminal, ...run];
  const odd = fields.find((field) => field === '' || /[\t\n\0]/.test(field));
  if (odd !== undefined) throw badService(`${quote(odd)} in "${name}" is empty or has a tab or line feed`);
  if (run[0]?.startsWith('/') !== true) throw badService(`"${name}" runs no absolute path`);
  if (run.length > serviceLimits.arguments) throw badService(`"${name}" has ${run.length} arguments`);
  return `${fields.join('\t')}\n`;
}

function badService(reason: string): NexusError {
  return new NexusError('bad-service', `Cannot write the services of an image: ${reason}`, {
    hint: `At most ${serviceLimits.services} services of ${serviceLimits.arguments} words, each with an absolute path.`,
  });
}
