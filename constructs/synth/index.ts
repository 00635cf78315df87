/** What a synth writes beside the Terraform JSON; knows no construct and no engine. */
export {
  formatLockFile,
  type LockedProvider,
  mergeLockFile,
  parseLockFile,
  type RequiredProvider,
} from './lock-file';
export { hashPackage, type PackageFile } from './package-hash';
export { findProviderPackage, layProvider, terraformPlatform } from './provider-package';
export { type CellSource, listCellSource, type StackFolder, writeStackFolder } from './stack-folder';
