/**
 * Looking things up in the ledger by what they say. A record counts for what its signer may say: the deployer
 * introduces keys and describes releases and deployments; only a node's own key speaks of its boots. Which key is whose
 * at which place of the log is told by the ledger itself (Authority of providers/provchain).
 */
import { isKind, type RecordKind, type StatementOf } from '../../model';
import { type LedgerEntry, signerKey } from '../provchain';
import type { Client } from './client';

/** An entry whose statement is of one kind. */
export interface EntryOf<K extends RecordKind> extends LedgerEntry {
  readonly statement: Extract<LedgerEntry['statement'], StatementOf<K>>;
}

type Test<K extends RecordKind> = (entry: EntryOf<K>) => boolean;

/** The newest record of a kind that passes, whoever signed it. */
export async function findLast<K extends RecordKind>(
  client: Client,
  kind: K,
  test: Test<K>,
): Promise<EntryOf<K> | undefined> {
  let found: EntryOf<K> | undefined;
  for await (const entry of (await client.ledger()).entries())
    if (isEntryOf(entry, kind) && test(entry)) found = entry;
  return found;
}

function isEntryOf<K extends RecordKind>(entry: LedgerEntry, kind: K): entry is EntryOf<K> {
  return isKind(entry.statement, kind);
}

/** The newest record of a kind that passes and that the deployer of its place signed. */
export async function findDeployers<K extends RecordKind>(
  client: Client,
  kind: K,
  test: Test<K>,
): Promise<EntryOf<K> | undefined> {
  const { authority } = await client.judge();
  return findLast(client, kind, (entry) => authority.isDeployers(entry) && test(entry));
}

/** Where a node stands: deployed or removed. A failed attempt changes neither. */
export function findDeployment(node: string, client: Client): Promise<EntryOf<'deployment'> | undefined> {
  return findDeployers(client, 'deployment', ({ statement: { predicate } }) => {
    return predicate.node === node && predicate.outcome !== 'failed';
  });
}

/** The node's own record of a start. */
export async function findBoot(
  node: string,
  key: string,
  epoch: string,
  client: Client,
): Promise<EntryOf<'boot'> | undefined> {
  const { authority } = await client.judge();
  return findLast(client, 'boot', (entry) => {
    const { predicate } = entry.statement;
    const isOwn = signerKey(entry) === key && authority.isGood(key, entry.index);
    return predicate.node === node && predicate.epoch === epoch && isOwn;
  });
}
