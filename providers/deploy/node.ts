/** Looking at nodes and removing them. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { digestOfCid, NexusError, parseCid } from '../../model';
import { syncFolder } from '../durable';
import { ensureHostd, findHostd, hostdLock } from './hostd';
import { findPublicKey, type RandomSource } from './identity';
import { findMachine, stopMachine } from './machine';
import { type NodeLockOptions, withNodeLockIfThere } from './node-lock';
import {
  currentContent,
  currentSlot,
  type NodeRecord,
  readNodeRecord,
  type SlotContent,
} from './node-record';
import { findProcessesIn, waitForEnd } from './process';
import { tryLockFolder, waitUntilUnlocked } from './process-lock';
import { type BootRecord, describeFailures, type RecordCheck, verifyNodeRecord } from './record';
import { isSlotWhole } from './slot';
import {
  hostdFiles,
  listNodeFolders,
  nodePaths,
  nodesFolder,
  removeIfEmpty,
  type Slot,
  slotFile,
} from './state-folder';

/** What a node should be; what is not given is taken from the host's own record of the node. */
export interface ExpectedNode {
  readonly publicKey?: string;
  readonly imageCid?: string;
  readonly configDigest?: string;
  readonly release?: string;
}

export type NodeStatus =
  | 'running'
  | 'dead'
  | 'silent'
  | 'wrong-image'
  | 'wrong-config'
  | 'wrong-key'
  | 'wrong-slot'
  | 'unreadable'
  | 'missing';

export interface Observation {
  readonly status: NodeStatus;
  /** For people, in a sentence. */
  readonly detail: string;
  readonly pid: number | undefined;
  /** The host's own record; undefined when the node was never deployed here. */
  readonly deployed: DeployedNode | undefined;
  /** The signed answer to a fresh nonce, also when it says something wrong. */
  readonly record: BootRecord | undefined;
  readonly checks: readonly RecordCheck[];
}

/** What the host's record says of a node, whether or not that runs. */
export interface DeployedNode {
  readonly node: string;
  readonly slot: Slot;
  readonly epoch: string;
  readonly publicKey: string;
  readonly cellId: string;
  readonly imageCid: string;
  readonly release: string;
  readonly mesh: string;
  readonly configDigest: string;
  /** Public keys of its peers by name, without the node itself. */
  readonly peers: Readonly<Record<string, string>>;
  readonly memoryMib: number;
  readonly accelerator: string;
  /** True while its slot has not yet proved itself: a deployment is at work, or was interrupted. */
  readonly trying: boolean;
}

export interface ObserveOptions {
  readonly hostdEntry: string;
  /** How long the node has to answer. @default 3000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly random?: RandomSource;
}

/** Asks a node with a fresh nonce what it runs, and compares. Changes nothing but that hostd may be started. */
export async function observeNode(
  stateDir: string,
  node: string,
  expected: ExpectedNode,
  options: ObserveOptions,
): Promise<Observation> {
  const record = await tryReadRecord(stateDir, node);
  if (record instanceof NexusError) return unreadable(record);
  const deployed = record === undefined ? undefined : describeNode(record);
  const seen = { deployed, pid: undefined, record: undefined, checks: [] };
  if (deployed === undefined)
    return { ...seen, status: 'missing', detail: `node "${node}" is not deployed here` };
  const publicKey = await findPublicKey(stateDir, node);
  const wantedKey = expected.publicKey ?? deployed.publicKey;
  if (publicKey !== wantedKey)
    return {
      ...seen,
      status: 'wrong-key',
      detail: `its key is ${publicKey ?? 'gone'}, expected ${wantedKey}`,
    };
  const machine = findMachine(nodePaths(stateDir, node), node);
  if (machine === undefined)
    return { ...seen, status: 'dead', detail: `node "${node}" has no running machine` };
  const known = { ...seen, deployed, pid: machine.pid };
  const answered = await challengeNode(stateDir, known, { ...deployed, ...expected }, options);
  return answered.status === 'running' ? checkSlot(answered, record, stateDir) : answered;
}

/** The record, or why there is none that can be read: a matter of this node alone. */
async function tryReadRecord(stateDir: string, node: string): Promise<NodeRecord | NexusError | undefined> {
  return readNodeRecord(stateDir, node).catch((error: unknown) => {
    if (error instanceof NexusError) return error;
    throw error;
  });
}

/** Its machine may well run: what it is to be compared with is lost. */
function unreadable({ message, hint, place }: NexusError): Observation {
  const detail = [`${place?.file}: ${message}`, hint].join('\n');
  return { status: 'unreadable', detail, deployed: undefined, pid: undefined, record: undefined, checks: [] };
}

/** It runs as wanted; would it after its next start? */
async function checkSlot(
  seen: Observation,
  record: NodeRecord | undefined,
  stateDir: string,
): Promise<Observation> {
  const content = record === undefined ? undefined : currentContent(record);
  if (seen.deployed === undefined || content === undefined) return seen;
  const { node, slot } = seen.deployed;
  const { folder } = nodePaths(stateDir, node);
  if (await isSlotWhole(folder, slot, content)) return seen;
  const file = join(folder, slotFile(slot));
  const detail = `its image file "${file}" was changed, expected the bytes of ${content.imageCid}; the node still runs the right image, and would not after its next start`;
  return { ...seen, status: 'wrong-slot', detail };
}

/** Stops the node and removes all that is of it. Idempotent; interrupted, the next call goes on. */
export async function removeNode(stateDir: string, node: string, options: RemoveOptions): Promise<void> {
  const lock: NodeLockOptions = {
    what: `removing node "${node}"`,
    signal: options.signal,
    progress: options.progress,
  };
  await withNodeLockIfThere(stateDir, node, lock, () => removeLocked(stateDir, node, options));
  await removeIfEmpty(nodesFolder(stateDir));
  await endIdleHostd(stateDir);
}

export interface RemoveOptions {
  /**
   * What becomes of the node's key. `keep` when the mesh that enrolled the node lives on: its peers know the key.
   * `removeNodeIdentity` removes it later.
   */
  readonly identity: 'keep' | 'remove';
  readonly signal?: AbortSignal;
  readonly progress?: (text: string) => void;
}

/** A node whose record cannot be read, and why. */
export interface UnreadableNode {
  readonly node: string;
  readonly problem: NexusError;
}

/** All nodes of a host, each list sorted by name. */
export interface HostNodes {
  readonly deployed: readonly DeployedNode[];
  readonly unreadable: readonly UnreadableNode[];
}

/** The nodes that are below the state folder. One whose record cannot be read hides none of the others. */
export async function surveyNodes(stateDir: string): Promise<HostNodes> {
  const [deployed, unreadable]: [DeployedNode[], UnreadableNode[]] = [[], []];
  for (const node of await listNodeFolders(stateDir)) {
    const read = await tryReadRecord(stateDir, node);
    if (read instanceof NexusError) unreadable.push({ node, problem: read });
    else if (read !== undefined) deployed.push(...[describeNode(read)].filter((one) => one !== undefined));
  }
  return { deployed, unreadable };
}

/** Names of all nodes below the state folder, sorted, with those whose record cannot be read. */
export async function listNodes(stateDir: string): Promise<string[]> {
  const { deployed, unreadable } = await surveyNodes(stateDir);
  return [...deployed, ...unreadable].map(({ node }) => node).sort();
}

/** One node; undefined when it is not deployed here. @throws NexusError `bad-node-record` */
export async function findNode(stateDir: string, node: string): Promise<DeployedNode | undefined> {
  const record = await readNodeRecord(stateDir, node);
  return record === undefined ? undefined : describeNode(record);
}

/** What stands in both slots of all nodes: what runs, and what a node falls back to. @throws NexusError `bad-node-record` */
export async function listSlotContents(stateDir: string): Promise<SlotContent[]> {
  const records = await Promise.all(
    (await listNodeFolders(stateDir)).map((name) => readNodeRecord(stateDir, name)),
  );
  return records.flatMap((record) => [record?.slots.a, record?.slots.b]).filter((slot) => slot !== undefined);
}

function describeNode(record: NodeRecord): DeployedNode | undefined {
  const [slot, content] = [currentSlot(record), currentContent(record)];
  if (slot === undefined || content === undefined) return undefined;
  const { node, epoch, publicKey, cellId, trying } = record;
  const { imageCid, release, mesh, configDigest, peers, memoryMib, accelerator } = content;
  const identity = { node, slot, epoch, publicKey, cellId };
  const machine = { peers, memoryMib, accelerator };
  return { ...identity, imageCid, release, mesh, configDigest, ...machine, trying: trying !== undefined };
}

async function challengeNode(
  stateDir: string,
  seen: Omit<Observation, 'status' | 'detail'>,
  expected: Required<ExpectedNode> & Pick<DeployedNode, 'node'>,
  options: ObserveOptions,
): Promise<Observation> {
  const nonce = (options.random ?? randomBytes)(32);
  const answer = await ask(stateDir, expected.node, nonce, options);
  if (answer instanceof Error) return { ...seen, status: 'silent', detail: answer.message };
  const checks = verifyNodeRecord(answer, {
    publicKey: expected.publicKey,
    node: expected.node,
    nonce: Buffer.from(nonce).toString('hex'),
    imageDigest: Buffer.from(digestOfCid(parseCid(expected.imageCid))).toString('hex'),
    configDigest: expected.configDigest,
    release: expected.release,
  });
  const status = statusOf(checks);
  const detail =
    describeFailures(checks) ?? `node "${expected.node}" runs what was deployed and has proved it`;
  return { ...seen, status, detail, record: answer, checks };
}

/** The gravest thing first: what another key signed says nothing about image and configuration. */
function statusOf(checks: readonly RecordCheck[]): NodeStatus {
  const failed = new Set(checks.filter((check) => !check.ok).map((check) => check.name));
  if (failed.size === 0) return 'running';
  if (failed.has('signature') || failed.has('key') || failed.has('nonce')) return 'wrong-key';
  return failed.has('image') ? 'wrong-image' : 'wrong-config';
}

async function ask(
  stateDir: string,
  node: string,
  nonce: Uint8Array,
  { hostdEntry, timeoutMs, signal }: ObserveOptions,
): Promise<BootRecord | Error> {
  const hostd = await ensureHostd({ stateDir, entry: hostdEntry, signal });
  const close = (): void => hostd.close();
  signal?.addEventListener('abort', close);
  try {
    await hostd.attach(node);
    return await hostd.challenge(node, nonce, timeoutMs ?? 3_000);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NexusError && error.code === 'no-answer') return error;
    throw error;
  } finally {
    signal?.removeEventListener('abort', close);
    hostd.close();
  }
}

/**
 * First the machine, which holds the secrets in its memory; then the secrets; then the rest, the record last: as long
 * as anything is left, the node is still listed and can be removed again.
 */
async function removeLocked(stateDir: string, node: string, options: RemoveOptions): Promise<void> {
  const paths = nodePaths(stateDir, node);
  options.progress?.('stopping its machine');
  await stopMachine(paths, node);
  await detach(stateDir, node);
  await rm(paths.config, { force: true });
  if (options.identity === 'remove') await rm(paths.key, { force: true });
  await syncFolder(paths.folder);
  // Whoever keeps the key keeps the count of starts: peers take no earlier one from it.
  const identity = options.identity === 'keep' ? [basename(paths.key), basename(paths.epoch)] : [];
  await removeAllBut(paths.folder, [...identity, basename(paths.record)]);
  await rm(paths.record, { force: true });
  await syncFolder(paths.folder);
  await removeIfEmpty(paths.folder);
}

async function removeAllBut(folder: string, kept: readonly string[]): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !kept.includes(name));
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

async function detach(stateDir: string, node: string): Promise<void> {
  const hostd = await findHostd(stateDir);
  await hostd?.detach(node).catch(() => undefined);
  hostd?.close();
}

/** Ends the daemon when it has no node left, or cleans up after one that was killed. */
async function endIdleHostd(stateDir: string): Promise<void> {
  if (!existsSync(stateDir)) return;
  const deadlineMs = performance.now() + 10_000;
  // Without an answer it is gone, or just starting or ending: then its lock tells when it is gone.
  while (performance.now() < deadlineMs) {
    if (!(await mayHostdEnd(stateDir))) return;
    if ((await waitUntilUnlocked(stateDir, hostdLock, 250)) && (await waitForHostdProcess(stateDir, 250)))
      break;
  }
  if ((await listNodes(stateDir)).length === 0) await removeHostdFiles(stateDir);
}

/** A daemon lets go of its lock a moment before its process is gone. */
async function waitForHostdProcess(stateDir: string, timeoutMs: number): Promise<boolean> {
  const processes = findProcessesIn(stateDir, 'hostd');
  return (await Promise.all(processes.map((daemon) => waitForEnd(daemon, timeoutMs)))).every(Boolean);
}

/** @returns false when a daemon is there and has nodes */
async function mayHostdEnd(stateDir: string): Promise<boolean> {
  const hostd = await findHostd(stateDir);
  try {
    return (await hostd?.stop(true)) ?? true;
  } catch {
    return true;
  } finally {
    hostd?.close();
  }
}

/** Under the daemon's lock, so that the files are never those of a daemon that has just started. */
async function removeHostdFiles(stateDir: string): Promise<void> {
  const lock = await tryLockFolder(stateDir, hostdLock, 'cleaning up after the host daemon');
  if (lock === undefined) return;
  try {
    for (const name of Object.values(hostdFiles)) await rm(join(stateDir, name), { force: true });
  } finally {
    await lock.release();
  }
}
