/**
 * Deploying a node, A/B. The new image goes into the free slot and boots; only when it has proved itself by a signed
 * record over a fresh nonce does its slot become the active one. Otherwise the old slot is started again, and the
 * deployment has failed in any case.
 *
 * Killed at any instant, the next call converges: what runs already as wanted is kept, everything else is done again
 * (docs/deploy.md goes through the instants one by one).
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Cid, cellId, checkName, cidOfRaw, NexusError } from '../../model';
import {
  askNode,
  type BootedNode,
  BootFailure,
  bootSlot,
  configOf,
  type DeployContext,
  nextEpoch,
} from './boot';
import { configDigest } from './config';
import { sweepTemporaries, writeDurably } from './durable';
import { findHostd } from './hostd';
import { enrolNode, meshKey, type RandomSource } from './identity';
import { findMachine, startGate, stopMachine } from './machine';
import { withNodeLock } from './node-lock';
import {
  currentContent,
  currentSlot,
  freeSlot,
  type NodeRecord,
  readNodeRecord,
  type SlotContent,
  sameContent,
  writeNodeRecord,
} from './node-record';
import { findProcessesIn } from './process';
import { checkAccelerator, findQemu, macAddressOfCell, machineName } from './qemu';
import { type BootRecord, describeFailures, type RecordCheck } from './record';
import { nodeFiles, nodePaths, type Slot, slotFile } from './state-folder';
import { freeSocketPath } from './unix-socket';

export interface DeployRequest {
  readonly stateDir: string;
  readonly node: string;
  readonly mesh: string;
  readonly imageBytes: Uint8Array;
  readonly imageCid: Cid;
  /** CID of the release record. */
  readonly releaseCid: Cid;
  /** Public keys in hex by node name; the node itself may be among them and is left out. */
  readonly peers: Readonly<Record<string, string>>;
  readonly memoryMib: number;
  readonly accelerator: string;
  readonly helloIntervalMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long a started image has to prove itself. */
  readonly healthWindowMs: number;
  /** Script that answers `hostd --state DIR`, see {@link EnsureHostdOptions}. */
  readonly hostdEntry: string;
  /** How often heartbeats go into the ledger. @default 60000 */
  readonly ledgerIntervalMs?: number;
}

export interface DeployServices {
  /** Stops the work; a slot that was being tried is then given up for the old one. */
  readonly signal?: AbortSignal;
  /** Told in a few words what is being done. */
  readonly progress?: (text: string) => void;
  /** Milliseconds, for the times in the result. @default performance.now */
  readonly clock?: () => number;
  /** @default node:crypto's randomBytes */
  readonly random?: RandomSource;
  /** Path of QEMU. @default found in PATH */
  readonly qemu?: string;
}

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

/** Brings the node to what the request says. @throws DeploymentError, NexusError */
export async function deployNode(request: DeployRequest, services: DeployServices = {}): Promise<Deployed> {
  checkRequest(request);
  const context = contextOf(request, services);
  const lock = {
    what: `deploying node "${request.node}"`,
    signal: context.signal,
    progress: context.progress,
  };
  return withNodeLock(request.stateDir, request.node, lock, () =>
    startGate.run(() => converge(context, request)),
  );
}

function checkRequest(request: DeployRequest): void {
  checkName('node', request.node);
  checkName('mesh', request.mesh);
  checkAccelerator(request.accelerator);
  const actual = cidOfRaw(request.imageBytes);
  if (actual === request.imageCid) return;
  throw new NexusError(
    'wrong-image-bytes',
    `Cannot deploy image "${request.imageCid}": its bytes have the CID ${actual}, expected the same`,
    { hint: 'The store is damaged: build the image again.' },
  );
}

function contextOf(request: DeployRequest, services: DeployServices): DeployContext {
  return {
    stateDir: request.stateDir,
    node: request.node,
    paths: nodePaths(request.stateDir, request.node),
    qemu: services.qemu ?? findQemu(),
    hostdEntry: request.hostdEntry,
    ledgerIntervalMs: request.ledgerIntervalMs,
    healthWindowMs: request.healthWindowMs,
    signal: services.signal,
    progress: services.progress ?? (() => undefined),
    random: services.random ?? randomBytes,
    clock: services.clock ?? (() => performance.now()),
  };
}

async function converge(context: DeployContext, request: DeployRequest): Promise<Deployed> {
  context.signal?.throwIfAborted();
  await sweepTemporaries(context.paths.folder);
  const wanted = await wantedContent(context, request);
  const before = await recordWithIdentity(context, request);
  const kept = await keepIfRunning(context, before, wanted);
  if (kept !== undefined) return kept;
  await checkSockets(context);
  // The same content again is a restart of its slot, not a change that could be taken back.
  const isRestart = before.active !== undefined && sameContent(before.slots[before.active], wanted);
  const slot = isRestart && before.active !== undefined ? before.active : freeSlot(before);
  await writeDurably(join(context.paths.folder, slotFile(slot)), request.imageBytes);
  context.signal?.throwIfAborted();
  return trySlot(context, before, slot, wanted);
}

async function wantedContent(context: DeployContext, request: DeployRequest): Promise<SlotContent> {
  await enrolNode(context.stateDir, context.node, context.random);
  const peers = Object.fromEntries(
    Object.entries(request.peers)
      .filter(([name]) => name !== request.node)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
  const content = {
    imageCid: request.imageCid,
    imageSizeBytes: request.imageBytes.length,
    release: request.releaseCid,
    mesh: request.mesh,
    peers,
    helloIntervalMs: request.helloIntervalMs,
    heartbeatIntervalMs: request.heartbeatIntervalMs,
    memoryMib: request.memoryMib,
    accelerator: request.accelerator,
  };
  const config = await configOf(context.stateDir, context.node, content, 0n, new Uint8Array(32));
  return { ...content, configDigest: Buffer.from(configDigest(config)).toString('hex') };
}

/** The node's record, or a new one; always with the key that the node has now. */
async function recordWithIdentity(context: DeployContext, { mesh }: DeployRequest): Promise<NodeRecord> {
  const publicKey = await enrolNode(context.stateDir, context.node, context.random);
  const key = await meshKey(context.stateDir, mesh, context.random);
  const identity = { publicKey, cellId: cellId(key, Buffer.from(publicKey, 'hex')) };
  const existing = await readNodeRecord(context.stateDir, context.node);
  if (existing !== undefined) return { ...existing, ...identity };
  return { format: 1, node: context.node, ...identity, epoch: '0', slots: {} };
}

/** What runs as wanted and can prove it is left alone; one that was only being tried has proved itself now. */
async function keepIfRunning(
  context: DeployContext,
  before: NodeRecord,
  wanted: SlotContent,
): Promise<Deployed | undefined> {
  const machines = findProcessesIn(context.paths.folder, machineName(context.node));
  const slot = currentSlot(before);
  const [machine] = machines;
  if (slot === undefined || machine === undefined || machines.length > 1) return undefined;
  if (!sameContent(currentContent(before), wanted)) return undefined;
  const answer = await challengeQuietly(context, before, wanted);
  if (answer === undefined) return undefined;
  if (before.trying !== undefined) await confirm(context, before, slot);
  return deployed(before, slot, wanted, { ...answer, pid: machine.pid, bootMs: 0 }, false);
}

async function challengeQuietly(
  context: DeployContext,
  before: NodeRecord,
  wanted: SlotContent,
): Promise<Pick<BootedNode, 'record' | 'checks'> | undefined> {
  context.progress('asking the running node what it runs');
  const timeoutMs = Math.min(context.healthWindowMs, 3_000);
  try {
    const question = { nonce: context.random(32), timeoutMs, quietMs: 0 };
    const answer = await askNode(context, before, wanted, question, context.signal);
    return describeFailures(answer.checks) === undefined ? answer : undefined;
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof NexusError && error.code === 'no-answer') return undefined;
    throw error;
  }
}

/** While our own machine runs, the sockets are its own. */
async function checkSockets(context: DeployContext): Promise<void> {
  if (findMachine(context.paths, context.node) !== undefined) return;
  for (const name of [nodeFiles.serial, nodeFiles.net, nodeFiles.qmp])
    await freeSocketPath(context.paths.folder, name);
}

async function trySlot(
  context: DeployContext,
  before: NodeRecord,
  slot: Slot,
  wanted: SlotContent,
): Promise<Deployed> {
  const tried = nextEpoch({ ...before, trying: slot, slots: { ...before.slots, [slot]: wanted } });
  try {
    const booted = await bootSlot(context, tried, slot, wanted);
    await confirm(context, tried, slot);
    return deployed(tried, slot, wanted, booted, true);
  } catch (cause) {
    throw await giveUp({ ...context, signal: undefined }, tried, slot, wanted, cause);
  }
}

async function confirm(context: DeployContext, tried: NodeRecord, slot: Slot): Promise<void> {
  const { trying: _, ...rest } = tried;
  await writeNodeRecord(context.stateDir, { ...rest, active: slot });
}

/** Starts the old slot again, if there is one. @returns the error to be thrown, whatever came of that */
async function giveUp(
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

function deployed(
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
