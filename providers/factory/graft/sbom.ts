/**
 * The bill of materials of a cell or an image: CycloneDX 1.5 in JSON, https://cyclonedx.org/docs/1.5/json/. Nothing in it
 * depends on when or where it was made: it has no timestamp, and its serial number comes from the subject's CID.
 */
import { type Cid, digestOfCid, factoryVersion, type PinnedPackage } from '../../../model';
import { formatPurl } from './purl';

export interface SbomRequest {
  /** What the bill is of. */
  readonly name: string;
  readonly version: string;
  readonly kind: 'cell' | 'image';
  readonly cid: Cid;
  readonly sources: readonly PinnedPackage[];
}

/** JSON with a final newline. */
export function formatSbom({ name, version, kind, cid, sources }: SbomRequest): string {
  const digest = Buffer.from(digestOfCid(cid)).toString('hex');
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: 'nexus-factory', version: factoryVersion }] },
      component: {
        type: kind === 'image' ? 'operating-system' : 'application',
        'bom-ref': cid,
        name,
        version,
        hashes: [{ alg: 'SHA-256', content: digest }],
      },
    },
    components: unique(sources).map(componentOf),
    dependencies: [{ ref: cid, dependsOn: unique(sources).map(formatPurl) }],
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

function componentOf(pinned: PinnedPackage) {
  const purl = formatPurl(pinned);
  return {
    type: 'library',
    'bom-ref': purl,
    name: pinned.name,
    version: pinned.version,
    hashes: [{ alg: 'SHA-256', content: pinned.sha256 }],
    purl,
  };
}

/** Each package once, in the order of their URLs: two cells may share some. */
function unique(sources: readonly PinnedPackage[]): readonly PinnedPackage[] {
  const byUrl = new Map(sources.map((each) => [formatPurl(each), each]));
  return [...byUrl].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, each]) => each);
}

/** RFC 9562 version 8: 122 bits of our own choice. */
function uuidOf(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
