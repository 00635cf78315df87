/** What `terraform import` takes over, found in the ledger, the store and on the host. */
import { isCid, NexusError, parseCid, parseSystem, quote } from '../../model';
import { findNode } from '../deploy';
import { loadNpk } from '../factory';
import type { Client } from './client';
import { findBoot, findDeployers, findDeployment } from './ledger-lookup';
import { findPlacedNode } from './placed-node';
import { readReleaseTexts } from './release-texts';

/** @param id `VARIANT_CID,SOURCE`: a sealed cell does not know the folder that it was built from */
export async function importCell(id: string, { factory, ...client }: Client) {
  const [, cid = '', source = ''] = /^([^,]+),(.+)$/.exec(id) ?? [];
  if (!isCid(cid)) throw badId(id, 'the Variant-CID of a cell, a comma and its source folder');
  const { manifest } = await loadNpk(parseCid(cid), factory.store);
  const { source: digest, pledges, stackBytes } = manifest.variant;
  const built = await findArtifact(cid, { factory, ...client });
  return {
    name: manifest.name,
    source,
    pledges: pledges.toSorted(),
    stack_bytes: stackBytes,
    source_digest: digest,
    variant_cid: cid,
    size_bytes: built?.statement.predicate.sizeBytes ?? null,
    ledger_cid: built?.cid ?? null,
  };
}

/** The cell of that name in the newest image that has one, with the source that the image's system names. */
export async function importCellOfName(name: string, client: Client) {
  const image = await findDeployers(
    client,
    'artifact',
    ({ statement: { predicate } }) => predicate.kind === 'image' && predicate.cells?.[name] !== undefined,
  );
  if (image === undefined) throw notFound('cell', name, 'no image in the ledger has it');
  const { cid, name: imageName, cells = {} } = image.statement.predicate;
  const { system } = await importImage(cid, client);
  const { cells: defined } = parseSystem(system, `system-${imageName}.kdl`);
  const source = defined.find((cell) => cell.name === name)?.source ?? '';
  return importCell(`${cells[name]},${source}`, client);
}

/** The newest image of that name in a release. */
export async function importImageOfName(name: string, client: Client) {
  const release = await findDeployers(
    client,
    'release',
    ({ statement }) => statement.predicate.images[name] !== undefined,
  );
  const cid = release?.statement.predicate.images[name]?.image;
  if (cid === undefined) throw notFound('image', name, 'no release in the ledger has it');
  return importImage(cid, client);
}

/** The newest release of that name. */
export async function importReleaseOfName(name: string, client: Client) {
  const found = await findDeployers(client, 'release', ({ statement }) => statement.predicate.name === name);
  if (found === undefined) throw notFound('release', name, 'the deployer signed none of that name');
  return importRelease(found.cid, client);
}

/** @param cid of the image; its system is read from a release that has it */
export async function importImage(cid: string, client: Client) {
  if (!isCid(cid)) throw badId(cid, 'the CID of an image');
  const built = await findArtifact(cid, client);
  if (built === undefined) throw notFound('image', cid, 'the deployer recorded no build of it');
  const { name, cells = {}, source, sizeBytes } = built.statement.predicate;
  const release = await findDeployers(
    client,
    'release',
    ({ statement }) => statement.predicate.images[name]?.image === cid,
  );
  if (release === undefined) throw notFound('image', cid, 'no release in the ledger has it');
  const { systems } = await readReleaseTexts(release.statement.predicate, client);
  const identity = { name, system: systems[name] ?? '', cells };
  return {
    ...identity,
    image_cid: cid,
    kernel_digest: source,
    size_bytes: sizeBytes,
    ledger_cid: built.cid,
  };
}

/** @param name of the mesh; definition and nodes are those of the newest release that has it */
export async function importMesh(name: string, client: Client) {
  const found = await findDeployers(
    client,
    'release',
    ({ statement }) => statement.predicate.meshes[name] !== undefined,
  );
  if (found === undefined) throw notFound('mesh', name, 'no release in the ledger has it');
  const { meshes, placement } = await readReleaseTexts(found.statement.predicate, client);
  const nodes = Object.keys(placement).filter((node) => placement[node]?.mesh === name);
  return { name, definition: meshes[name] ?? '', nodes };
}

/** @param cid of the release's record */
export async function importRelease(cid: string, client: Client) {
  if (!isCid(cid)) throw badId(cid, 'the CID of a release');
  const found = await findDeployers(client, 'release', (entry) => entry.cid === cid);
  if (found === undefined) throw notFound('release', cid, 'the deployer signed no such release');
  return { ...(await readReleaseTexts(found.statement.predicate, client)), cid };
}

/** @param node its name; what it runs is what the host has recorded, and the read that follows asks the node itself */
export async function importDeployment(node: string, client: Client) {
  const found = await findNode(client.stateDir, node);
  if (found === undefined) throw notFound('node', node, `it is not deployed in "${client.stateDir}"`);
  const { release, mesh, slot, epoch, publicKey } = found;
  const { host } = await findPlacedNode(release, node, client);
  const deployment = await findDeployment(node, client);
  const boot = await findBoot(node, publicKey, epoch, client);
  return {
    node,
    release,
    mesh,
    // The node itself is among the keys of its mesh.
    peers: { ...found.peers, [node]: publicKey },
    host: { name: host, memory_mib: found.memoryMib, accelerator: found.accelerator },
    image_cid: found.imageCid,
    public_key: publicKey,
    cell_id: found.cellId,
    slot,
    config_digest: found.configDigest,
    epoch,
    status: 'running',
    boot_cid: boot?.cid ?? null,
    deployment_cid: deployment?.cid ?? null,
  };
}

function findArtifact(cid: string, client: Client) {
  return findDeployers(client, 'artifact', ({ statement }) => statement.predicate.cid === cid);
}

function badId(id: string, expectation: string): NexusError {
  return new NexusError('bad-import-id', `Cannot import ${quote(id)}: expected ${expectation}`, {
    hint: 'The reference page of the resource has an example.',
  });
}

function notFound(kind: string, id: string, reason: string): NexusError {
  return new NexusError('nothing-to-import', `Cannot import ${kind} ${quote(id)}: ${reason}`, {
    hint: 'Look with `nexus status` and `nexus log`, and check `state_dir` of the provider.',
  });
}
