/**
 * Where a ledger is, in one text: the provider's `ledger`, `nexus audit --ledger`, or `NEXUS_LEDGER`.
 *
 *     ledger                              a folder, for one machine
 *     postgres://user@host/database       a database, for machines that all have the log's key
 *     https://host/path, unix:/path       a server (`nexus ledger serve`), for machines that have its verifier key only
 */
import { resolve } from 'node:path';
import { NexusError, quote, withoutPassword } from '../../../model';
import { checkPostgresAddress, isPostgresAddress } from '../postgres/address';
import { formatHttpPlace, parseHttpPlace } from '../storage/http-client';

export type LedgerPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly address: string }
  | { readonly kind: 'server'; readonly url: string };

/** Where who has the log's key keeps it. */
export type OwnLedgerPlace = Exclude<LedgerPlace, { readonly kind: 'server' }>;

/** @param baseFolder what a relative folder starts from @throws NexusError `bad-ledger-url` */
export function parseLedgerPlace(text: string, baseFolder: string): LedgerPlace {
  if (isPostgresAddress(text)) {
    checkPostgresAddress(text);
    return { kind: 'postgres', address: text };
  }
  if (/^(https?:\/\/|unix:)/.test(text)) {
    parseHttpPlace(text);
    return { kind: 'server', url: text };
  }
  if (text !== '' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return { kind: 'folder', folder: resolve(baseFolder, text) };
  throw new NexusError(
    'bad-ledger-url',
    `Cannot use ledger ${quote(withoutPassword(text))}: expected a folder, postgres://…, https://… or unix:/…`,
  );
}

/** For messages: without a password. */
export function formatLedgerPlace(place: LedgerPlace): string {
  if (place.kind === 'folder') return place.folder;
  return place.kind === 'postgres'
    ? withoutPassword(place.address)
    : formatHttpPlace(parseHttpPlace(place.url));
}
