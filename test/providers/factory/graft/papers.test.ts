/** The papers of a cell: bill of materials and provenance. */
import { cidOfRaw, type PinnedPackage } from '../../../../model';
import { formatProvenance, formatPurl, formatSbom } from '../../../../providers/factory/graft';

const libc: PinnedPackage = {
  adapter: 'debian',
  name: 'libstdc++6',
  version: '1:12.2.0-14+deb12u1',
  architecture: 'x86_64',
  path: 'pool/l.deb',
  sizeBytes: 1,
  sha256: 'ab'.repeat(32),
};
const cid = cidOfRaw(Buffer.from('a cell'));
const subject = { name: 'web', version: '1', kind: 'cell' as const, cid, sources: [libc, libc] };

test.each<[Partial<PinnedPackage>, string]>([
  [{}, 'pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=amd64'],
  [{ architecture: 'all', name: 'a', version: '1' }, 'pkg:deb/debian/a@1?arch=all'],
  [
    { adapter: 'alpine', name: 'musl', version: '1.2-r0', architecture: 'riscv64' },
    'pkg:apk/alpine/musl@1.2-r0?arch=riscv64',
  ],
  [{ adapter: 'openbsd', name: 'base75', version: '7.5' }, 'pkg:generic/openbsd/base75@7.5?arch=x86_64'],
])('a package has its URL: %j', (change, purl) => {
  expect(formatPurl({ ...libc, ...change })).toBe(purl);
});

test('a bill names each package once with its digest, and nothing of time or place', () => {
  const text = formatSbom(subject);
  const bill = JSON.parse(text);
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 });
  expect(bill.components).toHaveLength(1);
  expect(bill.components[0]).toMatchObject({
    name: 'libstdc++6',
    hashes: [{ alg: 'SHA-256', content: libc.sha256 }],
  });
  expect(bill.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(text).toBe(formatSbom({ ...subject, sources: [libc] }));
  expect(text).not.toMatch(/20\d\d-\d\d-\d\dT/);
});

test('provenance names what was asked for and all that went in', () => {
  const statement = JSON.parse(
    formatProvenance({ ...subject, parameters: { keep: ['usr/bin/web'] }, sources: [libc] }),
  );
  expect(statement.subject[0].digest.sha256).toHaveLength(64);
  expect(statement.predicateType).toBe('https://slsa.dev/provenance/v1');
  const { externalParameters, resolvedDependencies } = statement.predicate.buildDefinition;
  expect(externalParameters).toEqual({ cell: { keep: ['usr/bin/web'] } });
  expect(resolvedDependencies).toEqual([{ uri: formatPurl(libc), digest: { sha256: libc.sha256 } }]);
});
