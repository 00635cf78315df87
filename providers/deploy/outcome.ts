/** What comes of a deployment: a node that has proved what it runs, or an error that says what became of it. */
import { NexusError } from '../../model';
import type { BootedNode } from './boot';
import type { NodeRecord, SlotContent } from './node-record';
import { macAddressOfCell } from './qemu';
import type { BootRecord, RecordCheck } from './record';
import type { Slot } from './state-folder';

/** A node that runs what was asked for and has proved it. */
export interface Deployed {
  readonly node: string;
  readonly slot: Slot;
  /** Count of starts, in decimal. */
  readonly epoch: string;
  readonly imageCid: string;
  readonly configDigest: string;
  readonly publicKey: string;
  readonly cellId: string;
  readonly macAddress: string;
  readonly pid: number;
  /** False when it ran already and only had to prove it. */
  readonly restarted: boolean;
  /** From the start of QEMU to the first record; 0 when it ran already. */
  readonly bootMs: number;
  readonly record: BootRecord;
  readonly checks: readonly RecordCheck[];
}

/** What a failed deployment tried, for the ledger. */
export interface Attempt {
  readonly slot: Slot;
  readonly epoch: string;
  readonly imageCid: string;
  readonly configDigest: string;
  readonly publicKey: string;
  readonly reason: string;
  /** The record that said something else than expected, if there was one. */
  readonly rejected: BootRecord | undefined;
}

/** Code `rolled-back` when the old slot is back, `deploy-failed` when the node stands still. */
export class DeploymentError extends NexusError {
  constructor(
    code: 'rolled-back' | 'deploy-failed',
    message: string,
    hint: string,
    readonly attempt: Attempt,
    /** The old slot, proved to run again. */
    readonly restored: Deployed | undefined,
    cause: unknown,
  ) {
    super(code, message, { hint, cause });
  }
}

/** The outcome of a slot that was heard. */
export function deployed(
  record: NodeRecord,
  slot: Slot,
  content: SlotContent,
  booted: BootedNode,
  restarted: boolean,
): Deployed {
  const { node, publicKey, cellId: cell, epoch } = record;
  const { imageCid, configDigest: digest } = content;
  const macAddress = macAddressOfCell(cell);
  return {
    node,
    slot,
    epoch,
    imageCid,
    configDigest: digest,
    publicKey,
    cellId: cell,
    macAddress,
    restarted,
    ...booted,
  };
}
