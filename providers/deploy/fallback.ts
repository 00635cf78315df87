/**
 * Giving up a slot that did not prove itself. The old slot is started again and must prove itself too; whatever comes
 * of that, the deployment has failed, and the error says in words and as values what was tried and what runs now.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cellId, cidOfRaw } from '../../model';
import { BootFailure, bootSlot, type DeployContext, nextEpoch } from './boot';
import { findHostd } from './hostd';
import { meshKey } from './identity';
import { stopMachine } from './machine';
import { type NodeRecord, readNodeRecord, type SlotContent, writeNodeRecord } from './node-record';
import { type Attempt, type Deployed, DeploymentError, deployed } from './outcome';
import { type Slot, slotFile } from './state-folder';

/** Starts the old slot again, if there is one. @returns the error to be thrown, whatever came of that */
export async function giveUp(
  context: DeployContext,
  tried: NodeRecord,
  slot: Slot,
  wanted: SlotContent,
  cause: unknown,
): Promise<DeploymentError> {
  const attempt = attemptOf(tried, slot, wanted, cause);
  const head = `Cannot deploy image "${wanted.imageCid}" to node "${context.node}": ${attempt.reason}`;
  const old = tried.active === slot ? undefined : tried.active;
  const content = old === undefined ? undefined : tried.slots[old];
  const failed = (text: string, restored: Deployed | undefined): DeploymentError => {
    const code = restored === undefined ? 'deploy-failed' : 'rolled-back';
    const hint = `Read what it printed in "${context.paths.console}", mend the image, then deploy again.`;
    return new DeploymentError(code, `${head}; ${text}`, hint, attempt, restored, cause);
  };
  try {
    context.progress(`giving slot ${slot} up: ${attempt.reason}`);
    if (old === undefined || content === undefined) {
      await abandon(context, tried, slot);
      return failed('there is no older slot to go back to, so the node is stopped', undefined);
    }
    const restored = await restore(context, tried, old, content);
    dropSlot(context, slot);
    return failed(`slot ${old} with image "${content.imageCid}" is back and has proved it`, restored);
  } catch (error) {
    await abandon(context, tried, slot).catch(() => undefined);
    return failed(`slot ${old ?? '-'} did not come back either: ${(error as Error).message}`, undefined);
  }
}

function attemptOf(tried: NodeRecord, slot: Slot, wanted: SlotContent, cause: unknown): Attempt {
  const { imageCid, configDigest: digest } = wanted;
  return {
    slot,
    epoch: tried.epoch,
    imageCid,
    configDigest: digest,
    publicKey: tried.publicKey,
    reason: cause instanceof Error ? cause.message : String(cause),
    rejected: cause instanceof BootFailure ? cause.rejected : undefined,
  };
}

async function restore(
  context: DeployContext,
  tried: NodeRecord,
  old: Slot,
  content: SlotContent,
): Promise<Deployed> {
  const bytes = readFileSync(join(context.paths.folder, slotFile(old)));
  if (cidOfRaw(bytes) !== content.imageCid)
    throw new Error(`its file is damaged, expected "${content.imageCid}"`);
  const { trying: _, ...rest } = tried;
  const slots = old === 'a' ? { a: content } : { b: content };
  const key = await meshKey(context.stateDir, content.mesh);
  const cell = cellId(key, Buffer.from(tried.publicKey, 'hex'));
  const record = nextEpoch({ ...rest, cellId: cell, active: old, slots });
  const booted = await bootSlot(context, record, old, content);
  return deployed(record, old, content, booted, true);
}

/** Leaves the node stopped. An older slot that would not start now stays, for another try. */
async function abandon(context: DeployContext, tried: NodeRecord, slot: Slot): Promise<void> {
  await stopMachine(context.paths, context.node);
  const { trying: _, active, slots, ...rest } = tried;
  const old = active === slot ? undefined : active;
  const kept = old === undefined ? undefined : slots[old];
  const remaining =
    old === undefined || kept === undefined ? { slots: {} } : { active: old, slots: { [old]: kept } };
  // The epoch of a failed fall-back was written by it, and must not be used again.
  const epoch = (await readNodeRecord(context.stateDir, context.node))?.epoch ?? rest.epoch;
  await writeNodeRecord(context.stateDir, { ...rest, epoch, ...remaining });
  dropSlot(context, slot);
  rmSync(context.paths.config, { force: true });
  const hostd = await findHostd(context.stateDir);
  await hostd?.detach(context.node).catch(() => undefined);
  hostd?.close();
}

function dropSlot(context: DeployContext, slot: Slot): void {
  rmSync(join(context.paths.folder, slotFile(slot)), { force: true });
}
