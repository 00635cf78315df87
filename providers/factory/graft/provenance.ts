/**
 * Where a cell or an image comes from: an in-toto statement with SLSA's provenance v1,
 * https://slsa.dev/spec/v1.0/provenance. It names what was asked for and every package that went in by its digest; it says
 * nothing of when and where, so that the same build has the same provenance.
 */
import { type Cid, digestOfCid, factoryVersion, type PinnedPackage, statementType } from '../../../model';
import { formatPurl } from './purl';

export interface ProvenanceRequest {
  readonly name: string;
  readonly kind: 'cell' | 'image';
  readonly cid: Cid;
  /** The definition, as JSON can hold it: the cell, or the system's KDL. */
  readonly parameters: unknown;
  readonly sources: readonly PinnedPackage[];
}

export const provenanceType = 'https://slsa.dev/provenance/v1';
const buildType = (kind: ProvenanceRequest['kind']): string =>
  `https://factory.nexus.internal/build/linux-${kind}/v1`;

/** JSON with a final newline. */
export function formatProvenance({ name, kind, cid, parameters, sources }: ProvenanceRequest): string {
  const sha256 = Buffer.from(digestOfCid(cid)).toString('hex');
  const statement = {
    _type: statementType,
    subject: [{ name, digest: { sha256 } }],
    predicateType: provenanceType,
    predicate: {
      buildDefinition: {
        buildType: buildType(kind),
        externalParameters: { [kind]: parameters },
        internalParameters: {},
        resolvedDependencies: sources.map((pinned) => ({
          uri: formatPurl(pinned),
          digest: { sha256: pinned.sha256 },
        })),
      },
      runDetails: {
        builder: {
          id: 'https://factory.nexus.internal/builder',
          version: { 'nexus-factory': factoryVersion },
        },
      },
    },
  };
  return `${JSON.stringify(statement, undefined, 2)}\n`;
}
