/**
 * What must stay in the store: all that recipes used lately gave, what nodes run or fall back to, what the newest
 * releases and those that are deployed consist of, and what lock files pin. Where one of these cannot be read there are
 * no roots, and nothing is removed.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Cid, isCid, NexusError, parseCid } from '../model';
import { listSlotContents } from '../providers/deploy';
import type { RecipeCache } from '../providers/factory';
import { cidOfSha256 } from '../providers/nip';
import type { Io } from './io';
import { LedgerBook } from './ledger-book';
import { readLock } from './lock-file';
import { listLockFiles } from './lock-places';
import { ledgerPlace } from './state';

export interface RootsRequest {
  readonly stateDir: string;
  readonly recipes: RecipeCache;
  /** So many releases of each name. */
  readonly keepReleases: number;
  /** Recipes used since then, in milliseconds since 1970. */
  readonly usedSinceMs: number;
  /** Lock files beside those that were noted and those of the working folder. */
  readonly locks: readonly string[];
}

/** How many roots of which kind, for people. */
export interface StoreRoots {
  readonly roots: ReadonlySet<Cid>;
  readonly recipeCount: number;
  readonly releaseCount: number;
  readonly slotCount: number;
  readonly packageCount: number;
}

/** @throws NexusError of the ledger, a node's record or a lock file */
export async function findRoots(request: RootsRequest, io: Io): Promise<StoreRoots> {
  const slots = await listSlotContents(request.stateDir);
  const releases = await rootsOfReleases(
    request,
    slots.map(({ release }) => release),
    io,
  );
  const packages = await rootsOfLocks(request, io);
  const entries = await request.recipes.entries();
  const recipes = entries
    .filter(({ usedMs }) => usedMs >= request.usedSinceMs)
    .flatMap(({ output }) => output ?? []);
  return {
    roots: new Set([
      ...recipes,
      ...slots.map(({ imageCid }) => parseCid(imageCid)),
      ...releases.roots,
      ...packages,
    ]),
    recipeCount: recipes.length,
    releaseCount: releases.count,
    slotCount: slots.length,
    packageCount: packages.length,
  };
}

async function rootsOfReleases(
  { stateDir, keepReleases }: RootsRequest,
  deployed: readonly string[],
  io: Io,
): Promise<{ readonly roots: readonly Cid[]; readonly count: number }> {
  const book = await openBook(stateDir, io);
  if (book === undefined) return { roots: [], count: 0 };
  const standing = book.deployedNodes().map((node) => book.findDeployment(node)?.statement.predicate.release);
  const named = new Set([...deployed, ...standing]);
  const kept = new Map<string, number>();
  const roots = new Set<Cid>();
  let count = 0;
  for (const { cid, statement } of book.releases().toReversed()) {
    const { name, images, systems, meshes } = statement.predicate;
    const newer = kept.get(name) ?? 0;
    kept.set(name, newer + 1);
    if (newer >= keepReleases && !named.has(cid)) continue;
    count += 1;
    for (const { kdl } of [...Object.values(systems), ...Object.values(meshes)]) roots.add(kdl);
    for (const { image } of Object.values(images))
      for (const root of rootsOfImage(image, book)) roots.add(root);
  }
  return { roots: [...roots], count };
}

/** The image and its cells. */
function rootsOfImage(image: Cid, book: LedgerBook): readonly Cid[] {
  const cells = Object.values(book.findArtifact(image)?.statement.predicate.cells ?? {});
  return [image, ...cells.filter(isCid)];
}

/** A state folder in which nothing was ever deployed has no ledger. */
async function openBook(stateDir: string, io: Io): Promise<LedgerBook | undefined> {
  const place = ledgerPlace(stateDir, io);
  if (place.kind === 'folder' && !existsSync(place.folder)) return undefined;
  return LedgerBook.open(stateDir, io);
}

/** The packages that lock files pin. One that was noted and is gone pins nothing any more; a damaged one is an error. */
async function rootsOfLocks({ stateDir, locks }: RootsRequest, { cwd }: Io): Promise<readonly Cid[]> {
  const here = (await readdir(cwd)).filter((name) => name.endsWith('.lock.kdl') && name.startsWith('nexus'));
  const optional = [...(await listLockFiles(stateDir)), ...here.map((name) => join(cwd, name))];
  const named = locks.map((file) => resolve(cwd, file));
  const pinned = new Set<Cid>();
  for (const file of new Set([...named, ...optional])) {
    const lock = await readLock(file, file);
    if (lock === undefined && named.includes(file)) throw missingLock(file);
    for (const { packages } of lock?.cells ?? [])
      for (const { sha256 } of packages) pinned.add(cidOfSha256(sha256));
  }
  return [...pinned];
}

function missingLock(file: string): NexusError {
  return new NexusError('missing-file', `Cannot read "${file}": no such file`, {
    hint: 'Name a lock file, as `nexus update` writes it beside a system.kdl.',
  });
}
