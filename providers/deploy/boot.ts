/**
 * Starting what stands in a slot and hearing its first record: the part that a deployment and a fall-back share.
 *
 * Order, so that an interruption leaves nothing to guess: `node.epoch`, then `node.json` with that epoch and the slot
 * being tried, then `config.bin`, then the old machine ends, then the new one starts. A machine that runs is thus always one that
 * `node.json` speaks of, and an epoch is never used twice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { cellId, digestOfCid, NexusError, parseCid } from '../../model';
import { writeDurably } from '../durable';
import { formatNodeConfig, type NodeConfig } from './config';
import { type ConsoleMark, markConsoleLog, readConsoleSince } from './console-log';
import { writeLastEpoch } from './epoch';
import { type EnsureHostdOptions, ensureHostd, findHostd, isHostdLost } from './hostd';
import { meshKey, type RandomSource, readNodeSeed } from './identity';
import { findMachine, machineWords, startMachine, stopMachine } from './machine';
import { type NodeRecord, type SlotContent, writeNodeRecord } from './node-record';
import { isAlive, type ProcessIdentity } from './process';
import { macAddressOfCell } from './qemu';
import { type BootRecord, describeFailures, type RecordCheck, verifyNodeRecord } from './record';
import type { NodePaths, Slot } from './state-folder';

const lastWordsTimeoutMs = 1_000;

/** What a deployment works with. */
export interface DeployContext {
  readonly stateDir: string;
  readonly node: string;
  readonly paths: NodePaths;
  readonly qemu: string;
  readonly hostdEntry: string;
  readonly ledgerIntervalMs: number | undefined;
  readonly healthWindowMs: number;
  readonly signal: AbortSignal | undefined;
  readonly progress: (text: string) => void;
  readonly random: RandomSource;
  readonly clock: () => number;
}

/** A machine that has proved what it runs. */
export interface BootedNode {
  readonly record: BootRecord;
  readonly checks: readonly RecordCheck[];
  readonly pid: number;
  /** From the start of QEMU to the first record, by the caller's clock. */
  readonly bootMs: number;
}

/** A boot that failed; `rejected` is the record that said something else than expected, if there was one. */
export class BootFailure extends NexusError {
  constructor(
    message: string,
    readonly rejected: BootRecord | undefined,
    cause?: unknown,
  ) {
    super('no-boot', message, { cause });
  }
}

/** How the daemon is found or started. */
export function hostdOptions({ stateDir, hostdEntry, ledgerIntervalMs }: DeployContext): EnsureHostdOptions {
  return { stateDir, entry: hostdEntry, ledgerIntervalMs };
}

/** Record with the next epoch. */
export function nextEpoch(record: NodeRecord): NodeRecord {
  return { ...record, epoch: String(BigInt(record.epoch) + 1n) };
}

/** Starts the slot that the record names as tried, or as active. @throws BootFailure */
export async function bootSlot(
  context: DeployContext,
  record: NodeRecord,
  slot: Slot,
  content: SlotContent,
): Promise<BootedNode> {
  const nonce = context.random(32);
  await writeLastEpoch(context.paths, BigInt(record.epoch));
  await writeNodeRecord(context.stateDir, record);
  await writeConfig(context, record, content, nonce);
  await stopMachine(context.paths, context.node);
  context.progress(`starting slot ${slot}, epoch ${record.epoch}`);
  const before = markConsoleLog(context.paths.folder);
  const startedMs = context.clock();
  try {
    const machine = await start(context, record, slot, content);
    const booted = await hearBoot(context, record, content, nonce, machine);
    return { ...booted, pid: machine.pid, bootMs: context.clock() - startedMs };
  } catch (error) {
    if (error instanceof BootFailure) throw error;
    throw new BootFailure(await bootFailureText(context, error, before), undefined, error);
  }
}

/** The configuration that a slot's content makes for this node. */
export async function configOf(
  stateDir: string,
  node: string,
  content: Omit<SlotContent, 'configDigest'>,
  epoch: bigint,
  nonce: Uint8Array,
): Promise<NodeConfig> {
  const key = await meshKey(stateDir, content.mesh);
  const peers = Object.entries(content.peers).map(([name, publicKey]) => {
    const bytes = new Uint8Array(Buffer.from(publicKey, 'hex'));
    return { name, publicKey: bytes, cellId: new Uint8Array(Buffer.from(cellId(key, bytes), 'hex')) };
  });
  const { mesh, helloIntervalMs, heartbeatIntervalMs } = content;
  const [seed, release] = [await readNodeSeed(stateDir, node), parseCid(content.release)];
  return {
    node,
    seed,
    mesh,
    meshKey: key,
    release,
    helloIntervalMs,
    heartbeatIntervalMs,
    peers,
    epoch,
    nonce,
  };
}

/** Asks a running machine for a record over the nonce and compares it with what it should run. */
export async function askNode(
  context: DeployContext,
  record: NodeRecord,
  content: SlotContent,
  question: { readonly nonce: Uint8Array; readonly timeoutMs: number; readonly quietMs: number },
  signal: AbortSignal | undefined,
): Promise<Pick<BootedNode, 'record' | 'checks'>> {
  const answer = await askThroughHostd(context, question, signal);
  const expected = expectedOf(record, content, question.nonce);
  return { record: answer, checks: verifyNodeRecord(answer, expected) };
}

function expectedOf(
  record: NodeRecord,
  content: SlotContent,
  nonce: Uint8Array,
): Parameters<typeof verifyNodeRecord>[1] {
  return {
    publicKey: record.publicKey,
    node: record.node,
    nonce: Buffer.from(nonce).toString('hex'),
    imageDigest: Buffer.from(digestOfCid(parseCid(content.imageCid))).toString('hex'),
    configDigest: content.configDigest,
    release: content.release,
    epochMin: BigInt(record.epoch),
  };
}

async function writeConfig(
  context: DeployContext,
  record: NodeRecord,
  content: SlotContent,
  nonce: Uint8Array,
): Promise<void> {
  const config = await configOf(context.stateDir, context.node, content, BigInt(record.epoch), nonce);
  await writeDurably(context.paths.config, formatNodeConfig(config));
}

async function start(
  context: DeployContext,
  record: NodeRecord,
  slot: Slot,
  content: SlotContent,
): Promise<ProcessIdentity> {
  const { memoryMib, accelerator } = content;
  const macAddress = macAddressOfCell(record.cellId);
  const spec = { node: context.node, slot, memoryMib, accelerator, macAddress };
  return startMachine(context.qemu, context.paths, spec);
}

async function hearBoot(
  context: DeployContext,
  record: NodeRecord,
  content: SlotContent,
  nonce: Uint8Array,
  machine: ProcessIdentity,
): Promise<Pick<BootedNode, 'record' | 'checks'>> {
  context.progress('waiting for its boot record');
  const stop = new AbortController();
  const signal = context.signal === undefined ? stop.signal : AbortSignal.any([context.signal, stop.signal]);
  // The first record comes by itself; it is asked for only if the daemon that heard it was killed.
  const question = {
    nonce,
    timeoutMs: context.healthWindowMs,
    quietMs: Math.min(750, context.healthWindowMs / 4),
  };
  try {
    const answer = askNode(context, record, content, question, signal);
    const booted = await Promise.race([answer, failWhenEnded(machine, stop.signal)]);
    const failures = describeFailures(booted.checks);
    if (failures === undefined) return booted;
    throw new BootFailure(`it runs something else than was deployed: ${failures}`, booted.record);
  } finally {
    stop.abort();
  }
}

async function failWhenEnded(machine: ProcessIdentity, signal: AbortSignal): Promise<never> {
  while (isAlive(machine)) {
    await delay(25, undefined, { signal });
  }
  throw new Error('its machine ended by itself');
}

/** The daemon may be killed in the middle: a new one is started and asked the same. */
async function askThroughHostd(
  context: DeployContext,
  {
    nonce,
    timeoutMs,
    quietMs,
  }: { readonly nonce: Uint8Array; readonly timeoutMs: number; readonly quietMs: number },
  signal: AbortSignal | undefined,
): Promise<BootRecord> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const hostd = await ensureHostd({ ...hostdOptions(context), signal });
    const close = (): void => hostd.close();
    signal?.addEventListener('abort', close);
    try {
      await hostd.attach(context.node);
      const leftMs = Math.max(1, Math.ceil(deadlineMs - performance.now()));
      return await hostd.challenge(context.node, nonce, leftMs, Math.min(quietMs, leftMs));
    } catch (error) {
      signal?.throwIfAborted();
      if (!isHostdLost(error) || performance.now() >= deadlineMs) throw error;
    } finally {
      signal?.removeEventListener('abort', close);
      hostd.close();
    }
  }
}

async function bootFailureText(
  context: DeployContext,
  error: unknown,
  before: ConsoleMark | undefined,
): Promise<string> {
  await waitForLastWords(context);
  const said = lastPanic(context.paths, before) ?? machineWords(context.paths);
  const reason = error instanceof Error ? error.message : String(error);
  return said === undefined ? reason : `${reason}; it said: ${said}`;
}

/** The daemon may not yet have read what a machine that has ended said last. */
async function waitForLastWords({ stateDir, paths, node }: DeployContext): Promise<void> {
  if (findMachine(paths, node) !== undefined) return;
  const hostd = await findHostd(stateDir).catch(() => undefined);
  try {
    for (const deadlineMs = performance.now() + lastWordsTimeoutMs; performance.now() < deadlineMs; ) {
      const view = (await hostd?.nodes())?.find((each) => each.node === node);
      if (view?.console !== true) return;
      await delay(10);
    }
  } catch {
    // The daemon has gone: what it did not write is lost.
  } finally {
    hostd?.close();
  }
}

function lastPanic({ folder }: NodePaths, before: ConsoleMark | undefined): string | undefined {
  const text = readConsoleSince(folder, before).toString('latin1');
  return [...text.matchAll(/@nexus panic ([ -~]{1,200})/g)].at(-1)?.[1];
}
