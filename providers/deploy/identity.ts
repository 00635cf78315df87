/**
 * Identities and mesh keys, made where they live. A node's Ed25519 seed (RFC 8032) and a mesh's key never leave the
 * state folder but inside a node's `config.bin`; callers get public keys and key ids. Making one is idempotent and
 * safe with several processes at once: link(2) lets exactly one of them win and all read the winner's key.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NexusError, publicKeyBytes, sha256, signingKeyOfSeed } from '../../model';
import { createDurably, errorCode, makeFolder, syncFolder } from '../durable';
import { meshesFolder, meshKeyPath, nodePaths, nodesFolder, removeIfEmpty } from './state-folder';

export type RandomSource = (sizeBytes: number) => Uint8Array;

/** Makes the node's key if it has none. @returns its public key in hex */
export async function enrolNode(
  stateDir: string,
  node: string,
  random: RandomSource = randomBytes,
): Promise<string> {
  const seed = await readOrMakeSecret(nodePaths(stateDir, node).key, 32, random);
  return Buffer.from(publicKeyOfSeed(seed)).toString('hex');
}

/** The node's public key in hex, or undefined when it was never enrolled. */
export async function findPublicKey(stateDir: string, node: string): Promise<string | undefined> {
  const seed = await readSecret(nodePaths(stateDir, node).key, 32);
  return seed === undefined ? undefined : Buffer.from(publicKeyOfSeed(seed)).toString('hex');
}

/** The node's secret seed. @throws NexusError `not-enrolled` */
export async function readNodeSeed(stateDir: string, node: string): Promise<Uint8Array> {
  const seed = await readSecret(nodePaths(stateDir, node).key, 32);
  if (seed !== undefined) return seed;
  throw new NexusError('not-enrolled', `Cannot read the key of node "${node}": it has none`, {
    hint: 'Deploy the mesh that names this node first: it makes the key.',
  });
}

/** The mesh's 16 secret bytes, made on first use. Never to be written into Terraform's state. */
export async function meshKey(
  stateDir: string,
  mesh: string,
  random: RandomSource = randomBytes,
): Promise<Uint8Array> {
  return readOrMakeSecret(meshKeyPath(stateDir, mesh), 16, random);
}

/** The mesh's key, or undefined when there is none. */
export async function findMeshKey(stateDir: string, mesh: string): Promise<Uint8Array | undefined> {
  return readSecret(meshKeyPath(stateDir, mesh), 16);
}

/** Names a key without telling it: first 8 bytes of SHA-256("nexus-mesh-key-v1" || key), in hex. */
export function keyId(key: Uint8Array): string {
  const digest = sha256(Buffer.concat([Buffer.from('nexus-mesh-key-v1'), key]));
  return Buffer.from(digest.subarray(0, 8)).toString('hex');
}

/** Removes a node's key and its count of starts; its folder too, when nothing else is in it. Idempotent. */
export async function removeNodeIdentity(stateDir: string, node: string): Promise<void> {
  const paths = nodePaths(stateDir, node);
  await removeSecret(paths.key);
  await rm(paths.epoch, { force: true });
  await removeIfEmpty(paths.folder);
  await removeIfEmpty(nodesFolder(stateDir));
}

/** Removes a mesh's key; the folder of keys too, when it was the last. Idempotent. */
export async function removeMeshKey(stateDir: string, mesh: string): Promise<void> {
  await removeSecret(meshKeyPath(stateDir, mesh));
  await removeIfEmpty(meshesFolder(stateDir));
}

/** The Ed25519 public key of an RFC 8032 seed: 32 bytes. */
export function publicKeyOfSeed(seed: Uint8Array): Uint8Array {
  return publicKeyBytes(signingKeyOfSeed(seed));
}

async function readOrMakeSecret(path: string, sizeBytes: number, random: RandomSource): Promise<Uint8Array> {
  const existing = await readSecret(path, sizeBytes);
  if (existing !== undefined) return existing;
  const made = random(sizeBytes);
  if (await createInFolder(path, `${Buffer.from(made).toString('hex')}\n`)) return new Uint8Array(made);
  return readOrMakeSecret(path, sizeBytes, random);
}

/** A removal elsewhere may take the empty folder between making it and using it: then once more. */
async function createInFolder(path: string, text: string): Promise<boolean> {
  await makeFolder(dirname(path));
  try {
    return await createDurably(path, text);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return createDurably(path, text);
  }
}

async function readSecret(path: string, sizeBytes: number): Promise<Uint8Array | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (new RegExp(`^[0-9a-f]{${sizeBytes * 2}}\n$`).test(text))
    return new Uint8Array(Buffer.from(text.trim(), 'hex'));
  throw new NexusError(
    'bad-key-file',
    `Cannot read key file "${path}": ${text.length} characters, expected ${sizeBytes * 2} hex digits`,
    { hint: 'Restore the file from a backup, or remove it to have a new key made.', place: { file: path } },
  );
}

async function removeSecret(path: string): Promise<void> {
  try {
    await rm(path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
