/** Starting a node again as it is: the same slot and configuration under the next epoch. */
import { randomBytes } from 'node:crypto';
import { NexusError, quote } from '../../model';
import { bootSlot, type DeployContext, nextEpoch } from './boot';
import type { DeployServices } from './deployment';
import { withNodeLock } from './node-lock';
import { type NodeRecord, readNodeRecord, type SlotContent } from './node-record';
import { type Deployed, deployed } from './outcome';
import { findQemu } from './qemu';
import { isSlotWhole } from './slot';
import { nodePaths, type Slot } from './state-folder';

export interface RebootRequest {
  readonly stateDir: string;
  readonly node: string;
  /** How long it has to prove itself. */
  readonly healthWindowMs: number;
  readonly hostdEntry: string;
}

/** @throws NexusError `unknown-node`, `wrong-slot`, BootFailure */
export async function rebootNode(request: RebootRequest, services: DeployServices = {}): Promise<Deployed> {
  const { stateDir, node } = request;
  const context: DeployContext = {
    ...request,
    paths: nodePaths(stateDir, node),
    qemu: services.qemu ?? findQemu(),
    ledgerIntervalMs: undefined,
    signal: services.signal,
    progress: services.progress ?? (() => undefined),
    random: services.random ?? randomBytes,
    clock: services.clock ?? (() => performance.now()),
  };
  // Asked before the lock as well, which would make a folder for a node that is none.
  await provedContent(context);
  const lock = { what: `rebooting node "${node}"`, signal: context.signal, progress: context.progress };
  return withNodeLock(stateDir, node, lock, () => rebootLocked(context));
}

async function rebootLocked(context: DeployContext): Promise<Deployed> {
  const { record, slot, content } = await provedContent(context);
  if (!(await isSlotWhole(context.paths.folder, slot, content)))
    throw new NexusError(
      'wrong-slot',
      `Cannot reboot node ${quote(context.node)}: the image in slot ${slot} was changed, expected ${content.imageCid}`,
      { hint: 'Deploy the node again, which writes its slot anew.' },
    );
  const started = nextEpoch(record);
  const booted = await bootSlot(context, started, slot, content);
  return deployed(started, slot, content, booted, true);
}

interface Proved {
  readonly record: NodeRecord;
  readonly slot: Slot;
  readonly content: SlotContent;
}

/** Only a slot that has proved itself is started again. */
async function provedContent({ stateDir, node }: DeployContext): Promise<Proved> {
  const record = await readNodeRecord(stateDir, node);
  const slot = record?.active;
  const content = slot === undefined ? undefined : record?.slots[slot];
  if (record !== undefined && slot !== undefined && content !== undefined && record.trying === undefined)
    return { record, slot, content };
  const state = record === undefined ? 'it is not deployed here' : 'its deployment was not finished';
  throw new NexusError('unknown-node', `Cannot reboot node ${quote(node)}: ${state}`, {
    hint: 'Deploy it with Terraform first.',
  });
}
