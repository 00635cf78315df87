/**
 * `nexus verify NODE`: what the node says over a fresh nonce, against what the ledger says was deployed on it. The
 * host's own record of the node is not believed.
 */

import { parseCid } from '../model';
import type { CheckName, ExpectedNode, Observation, RecordCheck } from '../providers/deploy';
import { type Check, checkRecord } from './check';
import type { Io } from './io';
import { type BookEntry, describeEnd, type LedgerBook } from './ledger-book';
import { observe } from './observe';
import { shortCid } from './words';

/** @param book undefined when the ledger cannot be read: then nothing in it speaks for the node */
export async function verifyNode(
  node: string,
  stateDir: string,
  book: LedgerBook | undefined,
  io: Io,
): Promise<Check[]> {
  const deployment = book?.findDeployment(node);
  const seen = await observe(stateDir, node, expectedOf(deployment), io);
  const answer = checkAnswer(node, seen);
  if (book === undefined)
    return [...answer, fail(node, 'records', 'the ledger is damaged: none of it counts')];
  return [...answer, ...(await checkRecords(node, deployment, seen, book))];
}

function fail(about: string, name: string, detail: string): Check {
  return { about, name, ok: false, detail };
}

function expectedOf(deployment: BookEntry<'deployment'> | undefined): ExpectedNode {
  const { outcome, key, image, config, release } = deployment?.statement.predicate ?? {};
  if (outcome !== 'deployed' || key === undefined || image === undefined || release === undefined) return {};
  return {
    publicKey: key,
    imageCid: image,
    release,
    ...(config === undefined ? {} : { configDigest: config }),
  };
}

/** What holds when a check holds; what does not is said by the check itself. */
const words: Record<CheckName, string> = {
  signature: 'its answer is signed with its key',
  key: 'it names the key that it was deployed with',
  node: 'it answers by its own name',
  nonce: 'it answers the question that was just asked',
  image: 'it measures the image that was deployed',
  configuration: 'its configuration is the one that was deployed',
  release: 'it was started for the release that was deployed',
  epoch: 'its start is not an old one',
};

function checkAnswer(about: string, { record, checks, detail }: Observation): Check[] {
  if (record === undefined) return [fail(about, 'answer', detail)];
  const { cells, release } = record.statement.predicate;
  const fallen = cells.filter(({ state }) => state !== 'running' && state !== 'exited');
  const states = cells.map(({ name, state }) => `${name} ${state}`).join(', ');
  return [
    ...checks.map((check) => ({ about, name: check.name, ok: check.ok, detail: say(check, release) })),
    { about, name: 'cells', ok: fallen.length === 0, detail: states || 'it has none' },
  ];
}

function say({ name, ok, detail }: RecordCheck, release: string): string {
  if (!ok) return detail;
  return name === 'release' ? `${words[name]}, ${shortCid(release)}` : words[name];
}

async function checkRecords(
  node: string,
  deployment: BookEntry<'deployment'> | undefined,
  { record }: Observation,
  book: LedgerBook,
): Promise<Check[]> {
  const stands = deployment?.statement.predicate;
  if (deployment === undefined || stands === undefined || stands.outcome !== 'deployed') {
    const what = stands === undefined ? 'no deployment of this node' : 'that this node was removed';
    return [fail(node, 'deployed', `the ledger says ${what}`)];
  }
  const epoch = record?.statement.predicate.epoch ?? stands.epoch;
  const boot = book.findBoot(node, stands.key, epoch);
  return [
    await checkRecord({ about: node, name: 'introduced' }, book.findIntroduction(node, stands.key), book, {
      found: 'the deployer introduced its key',
      missing: `the deployer never introduced its key ${stands.key}`,
    }),
    ...checkKeyEnd(node, stands.key, book),
    await checkRelease(node, deployment, book),
    ...checkFloor(node, stands.release, book),
    await checkRecord({ about: node, name: 'deployed' }, deployment, book, {
      found: 'the deployer recorded its deployment',
      missing: 'no deployment',
    }),
    await checkRecord({ about: node, name: 'booted' }, boot, book, {
      found: `its own record of start ${epoch} is in the ledger`,
      missing: `the ledger has no boot record of start ${epoch}, signed by its key`,
    }),
  ];
}

/** A key that was revoked speaks for nobody, whatever it said before. */
function checkKeyEnd(about: string, key: string, book: LedgerBook): Check[] {
  const end = book.authority.findEnd(key);
  return end === undefined ? [] : [fail(about, 'key', `it has a key that ${describeEnd(end)}`)];
}

/** Nothing is said where no floor stands. */
function checkFloor(about: string, release: string, { floors }: LedgerBook): Check[] {
  const place = floors.place(release);
  const floor = place && floors.floorOf(place.name);
  if (floor === undefined) return [];
  const lowest = `release ${shortCid(floor.release.cid)}, the lowest that record ${floor.index} allows`;
  return floors.floorAbove(release) === undefined
    ? [{ about, name: 'floor', ok: true, detail: `its release is not older than ${lowest}` }]
    : [fail(about, 'floor', `its release ${shortCid(release)} is older than ${lowest}`)];
}

/** The release describes this node, with the image that is on it. */
async function checkRelease(
  node: string,
  { statement }: BookEntry<'deployment'>,
  book: LedgerBook,
): Promise<Check> {
  const { release: cid, image } = statement.predicate;
  const entry = book.findRelease(parseCid(cid));
  const release = entry?.statement.predicate;
  const placed = release?.images[release.placement[node]?.image ?? '']?.image;
  if (release !== undefined && placed !== image)
    return fail(
      node,
      'described',
      `release ${shortCid(cid)} puts ${placed ?? 'nothing'} on it, but it was given ${image}`,
    );
  return checkRecord({ about: node, name: 'described' }, entry, book, {
    found: `release ${shortCid(cid)} puts this image on it`,
    missing: `the ledger has no release ${cid}`,
  });
}
