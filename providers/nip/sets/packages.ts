/**
 * The list of a release's files and their digests, as BSD's own digest programs print it: one line a file, from which the
 * sets are taken. A set needs no other.
 *
 *     SHA256 (base76.tgz) = 64 hex digits        SHA512 (…/binary/sets/base.tar.xz) = 128 hex digits
 */
import { type AdapterName, type Architecture, findNearest, NexusError, quote } from '../../../model';
import type { NipOptions, PackageRecord } from '../adapter';
import type { Mirror, UnpinnedFile } from '../mirror';

/** Hex digests by the names of their files. @param algorithm of the lines that count */
export function parseDigestList(text: string, algorithm: 'SHA256' | 'SHA512'): ReadonlyMap<string, string> {
  const pattern = new RegExp(
    `^${algorithm} \\((\\S{1,300})\\) = ([0-9a-f]{${algorithm === 'SHA256' ? 64 : 128}})$`,
  );
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, file, hex] = pattern.exec(line.trimEnd()) ?? [];
      return file === undefined || hex === undefined ? [] : [[file, hex] as const];
    }),
  );
}

export interface SetRelease {
  readonly adapter: AdapterName;
  /** The release: `7.6`, `10.1`. */
  readonly suite: string;
  readonly architecture: Architecture;
  /** What there is, by name. */
  readonly sets: ReadonlyMap<string, UnpinnedFile>;
}

/** The largest set is some 400 MB. */
export const setSizeBytesMax = 2 * 1024 ** 3;

/** Fetches sets to find out their sizes, and for NetBSD their SHA-256. @throws NexusError `unknown-package`, `mirror-failed`, `wrong-digest` */
export async function pinSets(
  release: SetRelease,
  names: readonly string[],
  mirror: Mirror,
  options: NipOptions,
): Promise<readonly PackageRecord[]> {
  const records: PackageRecord[] = [];
  for (const name of [...new Set(names)].sort()) {
    const file = release.sets.get(name);
    if (file === undefined) throw unknownSet(name, release);
    const { path, sizeBytes, sha256 } = await mirror.pin(file, options);
    const { adapter, suite, architecture } = release;
    records.push({
      ...{ adapter, name, version: suite, architecture, path, sizeBytes, sha256 },
      ...{ summary: `Set ${name} of ${suite}`, installedSizeBytes: undefined, homepage: undefined },
      ...{ section: undefined, license: undefined },
    });
  }
  return records;
}

function unknownSet(name: string, { suite, architecture, sets }: SetRelease): NexusError {
  const names = [...sets.keys()].sort();
  const nearest = findNearest(name, names);
  return new NexusError(
    'unknown-package',
    `Cannot find set ${quote(name)}: not in ${suite} (${architecture}), expected one of ${names.join(', ')}`,
    { hint: nearest === undefined ? 'Use one of those.' : `Did you mean "${nearest}"?` },
  );
}
