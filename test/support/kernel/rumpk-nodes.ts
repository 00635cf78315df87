/** Configurations of the nodes of one mesh, with keys that follow from the node's number. */
import { cellId, cidOfRaw, publicKeyBytes, sha256, signingKeyOfSeed } from '../../../model';
import type { NodeConfig } from '../../../providers/deploy';

export const testMeshKey = sha256(Buffer.from('mesh')).subarray(0, 16);
export const testNonce = sha256(Buffer.from('first nonce'));

export function seedOf(node: string): Uint8Array {
  return sha256(Buffer.from(`seed of ${node}`));
}

export function publicKeyOf(node: string): Uint8Array {
  return publicKeyBytes(signingKeyOfSeed(seedOf(node)));
}

/** @param names every node of the mesh, this one among them */
export function nodeConfig(
  node: string,
  names: readonly string[],
  overrides: Partial<NodeConfig> = {},
): NodeConfig {
  const meshKey = overrides.meshKey ?? testMeshKey;
  const peers = names
    .filter((name) => name !== node)
    .map((name) => ({
      name,
      publicKey: publicKeyOf(name),
      cellId: Buffer.from(cellId(meshKey, publicKeyOf(name)), 'hex'),
    }));
  return {
    node,
    seed: seedOf(node),
    mesh: 'swarm',
    meshKey,
    release: cidOfRaw(Buffer.from('release')),
    helloIntervalMs: 200,
    heartbeatIntervalMs: 500,
    peers,
    epoch: 1n,
    nonce: testNonce,
    ...overrides,
  };
}
