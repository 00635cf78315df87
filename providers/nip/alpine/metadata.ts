/**
 * A package's own words about itself, `.PKGINFO`: lines of `key = value`, a key as often as it has values, `#` before
 * comments. The one that counts is `datahash`, the SHA-256 of the compressed files.
 */
export function parsePackageInfo(text: string): ReadonlyMap<string, readonly string[]> {
  const info = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([a-z_]+) = (.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const values = info.get(key) ?? [];
    values.push(value);
    info.set(key, values);
  }
  return info;
}
