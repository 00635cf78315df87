/** Cells of foreign packages: locked, unpacked, filtered, sealed. */
export { buildGraftCells, type GraftRequest } from './build-graft';
export {
  type BuiltLinuxCell,
  buildLinuxCell,
  filterCell,
  type LinuxCellRequest,
  sourceDigestOf,
} from './cell';
export { compareLocks, type LockChange, type LockOptions, lockOf, resolveLock } from './lock-system';
export { formatLinuxNpk, type LinuxManifest, type LinuxNpk, loadLinuxNpk, treeOfNpk } from './npk';
export { Origins, type OriginsOptions } from './origins';
export { formatProvenance, type ProvenanceRequest, provenanceType } from './provenance';
export { formatPurl } from './purl';
export { formatSbom, type SbomRequest } from './sbom';
export { type UnpackContext, unpackPackages } from './unpack';
