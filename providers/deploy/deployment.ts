/**
 * Deploying a node, A/B. The new image goes into the free slot and boots; only when it has proved itself by a signed
 * record over a fresh nonce does its slot become the active one. Otherwise the old slot is started again, and the
 * deployment has failed in any case.
 *
 * Killed at any instant, the next call converges: what runs already as wanted is kept, everything else is done again
 * (docs/deploy.md goes through the instants one by one).
 */
import { randomBytes } from 'node:crypto';
import { type Cid, cellId, checkName, cidOfRaw, NexusError } from '../../model';
import { sweepTemporaries } from '../durable';
import {
  askNode,
  type BootedNode,
  bootSlot,
  configOf,
  type DeployContext,
  hostdOptions,
  nextEpoch,
} from './boot';
import { configDigest } from './config';
import { readLastEpoch } from './epoch';
import { giveUp } from './fallback';
import { ensureHostd } from './hostd';
import { enrolNode, meshKey, type RandomSource } from './identity';
import { findMachine, startGate } from './machine';
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
import { type Deployed, deployed } from './outcome';
import { findProcessesIn } from './process';
import { checkAccelerator, findQemu, machineName } from './qemu';
import { describeFailures } from './record';
import { isSlotWhole, writeSlot } from './slot';
import { nodeFiles, nodePaths, type Slot } from './state-folder';
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
  if (kept !== undefined) {
    if (!(await isSlotWhole(context.paths.folder, kept.slot, wanted)))
      await writeSlot(context.paths.folder, kept.slot, request.imageBytes);
    return kept;
  }
  await checkSockets(context);
  // Without the daemon nothing could prove itself: better to find out while the old slot still runs.
  (await ensureHostd({ ...hostdOptions(context), signal: context.signal })).close();
  // The same content again is a restart of its slot, not a change that could be taken back.
  const isRestart = before.active !== undefined && sameContent(before.slots[before.active], wanted);
  const slot = isRestart && before.active !== undefined ? before.active : freeSlot(before);
  await writeSlot(context.paths.folder, slot, request.imageBytes);
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
  const epoch = String(await readLastEpoch(context.paths));
  return { format: 1, node: context.node, ...identity, epoch, slots: {} };
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
