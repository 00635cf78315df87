/**
 * The release floor: the lowest release of a name that may be deployed. Releases count by their order in the log: the
 * first record of a release that the deployer signed is its place, and describing it again gives it no other. A `floor`
 * record names a release; every release of that name with a lower place is below it. Of several floors the highest
 * stands, so a floor only rises. A floor that another than the deployer of its place signed counts for nothing, and so
 * does one for a release that came after it.
 */
import { isKind, NexusError } from '../../../model';
import type { LedgerEntry } from '../log/reader';
import type { Authority } from './authority';

/** Where a release stands in the log. */
export interface PlacedRelease {
  readonly cid: string;
  readonly name: string;
  readonly index: number;
}

/** A floor that stands. */
export interface Floor {
  readonly release: PlacedRelease;
  /** Of the record that raised it. */
  readonly index: number;
  readonly cid: string;
  readonly reason?: string | undefined;
  readonly at: string;
}

type Signed<T> = Pick<LedgerEntry, 'index' | 'publicKey' | 'cid'> & T;

export class Floors {
  readonly #authority: Authority;
  readonly #releases = new Map<string, Signed<{ readonly name: string }>[]>();
  readonly #floors: Signed<{
    readonly release: string;
    readonly reason?: string | undefined;
    readonly at: string;
  }>[] = [];

  constructor(authority: Authority) {
    this.#authority = authority;
  }

  /** Every entry of the log is shown once, in order, to the authority too; then the rest is asked. */
  take({ index, publicKey, cid, statement }: LedgerEntry): void {
    if (isKind(statement, 'release')) {
      const places = this.#releases.get(cid) ?? [];
      this.#releases.set(cid, [...places, { index, publicKey, cid, name: statement.predicate.name }]);
    } else if (isKind(statement, 'floor'))
      this.#floors.push({ index, publicKey, cid, ...statement.predicate });
  }

  /** The release's place; undefined when no deployer described it. */
  place(release: string): PlacedRelease | undefined {
    const first = this.#releases.get(release)?.find((entry) => this.#authority.isDeployers(entry));
    return first && { cid: release, name: first.name, index: first.index };
  }

  /** All floors that count, in the order in which they were raised; each is higher than those of its name before. */
  list(): Floor[] {
    const standing = new Map<string, Floor>();
    return this.#floors.flatMap((entry) => {
      const release = this.place(entry.release);
      if (release === undefined || release.index > entry.index || !this.#authority.isDeployers(entry))
        return [];
      if ((standing.get(release.name)?.release.index ?? -1) >= release.index) return [];
      const { index, cid, reason, at } = entry;
      const floor = { release, index, cid, reason, at };
      standing.set(release.name, floor);
      return [floor];
    });
  }

  /** The floor that stands for releases of that name. */
  floorOf(name: string): Floor | undefined {
    return this.list().findLast((floor) => floor.release.name === name);
  }

  /** The floor that the release is below, if it is below one. */
  floorAbove(release: string): Floor | undefined {
    const place = this.place(release);
    const floor = place && this.floorOf(place.name);
    return place !== undefined && floor !== undefined && place.index < floor.release.index
      ? floor
      : undefined;
  }
}

/**
 * A release that the ledger has may be deployed when a deployer described it and no floor stands above it.
 * @param what that is to be done, e.g. `roll back to`
 * @throws NexusError `void-release`, `below-floor`
 */
export function checkDeployable(release: string, floors: Floors, what: string): void {
  if (floors.place(release) === undefined)
    throw new NexusError(
      'void-release',
      `Cannot ${what} release "${release}": no deployer signed its record, or with a key that had been ended`,
      { hint: 'Take a release that `nexus log --kind release` shows as signed by the deployer.' },
    );
  const floor = floors.floorAbove(release);
  if (floor !== undefined) throw belowFloor(release, floor, what);
}

function belowFloor(release: string, { release: lowest, index, reason }: Floor, what: string): NexusError {
  const why = reason === undefined ? '' : ` ("${reason}")`;
  return new NexusError(
    'below-floor',
    `Cannot ${what} release "${release}": it is older than release "${lowest.cid}", the lowest of "${lowest.name}" that record ${index} allows${why}`,
    {
      hint: `Choose release "${lowest.cid}" or a later one; \`nexus floor list\` shows the floors. A floor only rises.`,
    },
  );
}
