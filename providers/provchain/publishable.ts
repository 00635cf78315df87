/**
 * Whether an append could be published now, asked before something is done that an append is to record: what waits is
 * published, and the witnesses are asked to cosign the published checkpoint once more, which each of them can as often as
 * it is asked. Nothing is added. It is a look, no promise: a witness may go away right after.
 */
import { signCheckpoint } from './checkpoint';
import { cosigned, SettleMemory, settle, type WriterContext } from './settle';

/** @throws NexusError `policy-unmet` when too few witnesses answer */
export async function checkPublishable(context: WriterContext, memory = new SettleMemory()): Promise<void> {
  const { tree } = (await settle(context, memory)).commit;
  // An empty tree says nothing that a witness could hold the log to.
  if (tree.size > 0) await cosigned(context, signCheckpoint(tree, context.log), tree);
}
