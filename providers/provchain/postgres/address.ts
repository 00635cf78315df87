/**
 * The address of a PostgreSQL database, `postgres://user@host:port/database?sslmode=…`, as libpq takes it. A password
 * may stand in it when it comes from the environment; better it stands in `PGPASSFILE` or `PGPASSWORD`. It is never
 * shown: every message has the address without it.
 */
import { NexusError, quote, withoutPassword } from '../../../model';

export const isPostgresAddress = (text: string): boolean => /^postgres(ql)?:\/\//.test(text);

/** @throws NexusError `bad-ledger-url` */
export function checkPostgresAddress(address: string): void {
  // Without a host the socket of this machine is meant, which URL does not parse.
  const [, scheme = '', rest = ''] = /^(postgres(?:ql)?:\/\/)(?:[^@/]*@(?=\/))?(.*)$/s.exec(address) ?? [];
  const isWhole = URL.canParse(scheme + (rest.startsWith('/') ? `localhost${rest}` : rest));
  if (isPostgresAddress(address) && isWhole && address.length <= 2000) return;
  throw new NexusError(
    'bad-ledger-url',
    `Cannot use ledger ${quote(withoutPassword(address))}: expected postgres://USER@HOST:PORT/DATABASE`,
  );
}
