/**
 * Whether an append could be published now, asked before something is done that an append is to record: what waits is
 * published, and the witnesses are asked to cosign the newest checkpoint once more, which each of them does as often as
 * it is asked. What they answer is published too: so a log that was there before its policy gets its first cosignatures.
 * Nothing is added. It is a look, no promise: a witness may go away right after.
 */
import { areHeadsEqual } from '../storage/head';
import { finish, SettleMemory, settle, type WriterContext } from './settle';

/** @throws NexusError `policy-unmet` when too few witnesses answer */
export async function checkPublishable(context: WriterContext, memory = new SettleMemory()): Promise<void> {
  const last = await settle(context, memory);
  // An empty tree says nothing that a witness could hold the log to.
  if (context.cosign === undefined || last.head.size === 0) return;
  await finish(context, last, { files: [], replacedFolders: [] }, memory);
  if (!areHeadsEqual(await context.storage.readHead(), last.head)) await settle(context, memory);
}
