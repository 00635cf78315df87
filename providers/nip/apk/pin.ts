/** Fetching a closure to find out what is in it: an apk index names no digest of a package's file. */
import type { Cid } from '../../../model';
import type { NipOptions, PackageRecord } from '../adapter';
import type { Mirror } from '../mirror';
import type { ApkPackage } from './packages';

/** The closure with its digests. @param check of the fetched file against what the index says. @throws NexusError as `Mirror.pin`, and what `check` throws */
export async function pinAll(
  closure: readonly ApkPackage[],
  mirror: Mirror,
  check: (found: ApkPackage, cid: Cid) => Promise<void>,
  { signal, onProgress }: NipOptions,
): Promise<readonly PackageRecord[]> {
  const records: PackageRecord[] = [];
  for (const found of closure) {
    const progress = { detail: found.name, done: records.length, total: closure.length };
    onProgress?.({ phase: 'fetch', ...progress, unit: 'packages' });
    const { path, sizeBytes } = found;
    const { cid, sha256 } = await mirror.pin({ path, sizeBytesMax: sizeBytes }, { signal });
    await check(found, cid);
    const { identity: _, depends: __, provides: ___, priority: ____, ...record } = found;
    records.push({ ...record, sha256 });
  }
  return records;
}
