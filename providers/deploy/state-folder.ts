/**
 * Where everything of a deployment stands below the state folder (`.nexus` by default, mode 0700):
 *
 *     meshes/MESH.key                 mesh key, 32 hex digits, 0600
 *     nodes/NODE/node.key             Ed25519 seed, 64 hex digits, 0600
 *     nodes/NODE/node.epoch           its last count of starts (see epoch.ts); lives as long as the key
 *     nodes/NODE/node.json            what this node runs (see node-record.ts)
 *     nodes/NODE/config.bin           configuration of the last start (see config.ts), 0600
 *     nodes/NODE/slot-a.img slot-b.img
 *     nodes/NODE/console.log console.log.1   what the node said, now and before (see console-log.ts)
 *     nodes/NODE/qemu.log serial.sock net.sock qmp.sock qemu.pid
 *     hostd.sock hostd.pid hostd.log  the host daemon
 */
import { readdir, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkName, namePattern } from '../../model';
import { errorCode } from '../durable';

/** One of the two places a node's image can stand in. */
export type Slot = 'a' | 'b';

export interface NodePaths {
  readonly folder: string;
  readonly key: string;
  readonly epoch: string;
  readonly record: string;
  readonly config: string;
  readonly console: string;
  readonly qemuLog: string;
  readonly pid: string;
}

/** Names relative to the node's folder: QEMU runs there, as a Unix socket's path has at most 107 bytes. */
export const nodeFiles = {
  config: 'config.bin',
  serial: 'serial.sock',
  net: 'net.sock',
  qmp: 'qmp.sock',
  pid: 'qemu.pid',
  console: 'console.log',
  consoleBefore: 'console.log.1',
} as const;

export const hostdFiles = { socket: 'hostd.sock', pid: 'hostd.pid', log: 'hostd.log' } as const;

export function slotFile(slot: Slot): string {
  return `slot-${slot}.img`;
}

export function otherSlot(slot: Slot): Slot {
  return slot === 'a' ? 'b' : 'a';
}

export function nodesFolder(stateDir: string): string {
  return join(resolve(stateDir), 'nodes');
}

export function meshesFolder(stateDir: string): string {
  return join(resolve(stateDir), 'meshes');
}

/** @throws NexusError `bad-name`, so that a node's name can never lead out of the state folder */
export function nodePaths(stateDir: string, node: string): NodePaths {
  const folder = join(nodesFolder(stateDir), checkName('node', node));
  return {
    folder,
    key: join(folder, 'node.key'),
    epoch: join(folder, 'node.epoch'),
    record: join(folder, 'node.json'),
    config: join(folder, nodeFiles.config),
    console: join(folder, nodeFiles.console),
    qemuLog: join(folder, 'qemu.log'),
    pid: join(folder, nodeFiles.pid),
  };
}

export function meshKeyPath(stateDir: string, mesh: string): string {
  return join(meshesFolder(stateDir), `${checkName('mesh', mesh)}.key`);
}

/** Names of the nodes that have a folder, sorted. */
export async function listNodeFolders(stateDir: string): Promise<string[]> {
  try {
    const entries = await readdir(nodesFolder(stateDir), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && namePattern.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Removes a folder if it is there and empty. @returns whether it is gone */
export async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
