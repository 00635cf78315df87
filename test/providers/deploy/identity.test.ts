import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  enrolNode,
  findPublicKey,
  keyId,
  meshKey,
  removeMeshKey,
  removeNodeIdentity,
} from '../../../providers/deploy';
import { makeWorkFolder } from './_rig';

let stateDir: string;
beforeEach(() => {
  stateDir = join(makeWorkFolder(), '.nexus');
});
afterEach(() => rmSync(join(stateDir, '..'), { recursive: true }));

test('a node has one key, however many ask for it at once', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => enrolNode(stateDir, 'n1')));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(await findPublicKey(stateDir, 'n1')).toBe(keys[0]);
});

test('the public key is the one of RFC 8032 for the seed', async () => {
  // RFC 8032, section 7.1, test 1.
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  expect(await enrolNode(stateDir, 'n1', () => seed)).toBe(
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  );
});

test('keys are made in files of mode 0600, and a mesh has one key', async () => {
  const keys = await Promise.all(Array.from({ length: 10 }, () => meshKey(stateDir, 'swarm')));
  await enrolNode(stateDir, 'n1');
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
  expect(keys[0]).toHaveLength(16);
  for (const path of ['meshes/swarm.key', 'nodes/n1/node.key'])
    expect(statSync(join(stateDir, path)).mode & 0o777).toBe(0o600);
});

test('a key id names a key without telling it', () => {
  expect(keyId(new Uint8Array(16))).toBe('07c23a447272c987');
  expect(keyId(new Uint8Array(16).fill(1))).not.toBe(keyId(new Uint8Array(16)));
});

test('removal takes keys and the folders that are empty then, and can be done again', async () => {
  await meshKey(stateDir, 'swarm');
  await enrolNode(stateDir, 'n1');
  for (let round = 0; round < 2; round++) {
    await removeMeshKey(stateDir, 'swarm');
    await removeNodeIdentity(stateDir, 'n1');
  }
  expect(existsSync(join(stateDir, 'meshes'))).toBe(false);
  expect(existsSync(join(stateDir, 'nodes'))).toBe(false);
});

test('a damaged key file is an error with a hint, never a new key', async () => {
  mkdirSync(join(stateDir, 'nodes/n1'), { recursive: true });
  writeFileSync(join(stateDir, 'nodes/n1/node.key'), 'half a k');
  await expect(enrolNode(stateDir, 'n1')).rejects.toMatchObject({
    code: 'bad-key-file',
    hint: expect.stringContaining('Restore'),
  });
});

test('a name never leads out of the state folder', async () => {
  await expect(enrolNode(stateDir, '../n1')).rejects.toMatchObject({ code: 'bad-name' });
  await expect(meshKey(stateDir, '/etc/passwd')).rejects.toMatchObject({ code: 'bad-name' });
});
