/**
 * Addresses of shared ledgers as they may be written down: without a password. One never goes into code, plan or state,
 * and is in no message.
 */
import { NexusError, quote } from './error';

/** The address without its password, for messages and comparisons. */
export function withoutPassword(address: string): string {
  return address
    .replace(
      /^([a-z]+:\/\/)([^/?#]*)@/,
      (_, scheme: string, user: string) => `${scheme}${user.split(':')[0]}@`,
    )
    .replace(/([?&])(password|sslpassword)=[^&#]*/gi, '$1$2=…');
}

/** For what is named in code. @throws NexusError `secret-in-address` */
export function refusePassword(address: string): void {
  if (withoutPassword(address) === address) return;
  throw new NexusError(
    'secret-in-address',
    `Cannot use ledger ${quote(withoutPassword(address))}: it has a password in it, which would stand in the code, the plan and the state`,
    {
      hint: 'Leave the password out, and give it in PGPASSWORD or the file that PGPASSFILE names, or the whole address in NEXUS_LEDGER.',
    },
  );
}
