/** ProvChain, the ledger: a transparency log on disk in the public C2SP formats. See docs/provchain.md. */

export {
  type AuditFinding,
  type AuditOptions,
  type AuditPhase,
  type AuditReport,
  auditLedger,
} from './audit/audit';
export {
  findingCountMax,
  type LogLayout,
  type TiledLogOptions,
  type TiledLogReport,
  verifyTiledLog,
  wholeSizeMax,
} from './foreign/tiled-log';
export {
  type AddCheckpoint,
  formatAddCheckpoint,
  formatCosignatureLines,
  formatSizeLine,
  parseAddCheckpoint,
  parseCosignatureLines,
  parseSizeLine,
} from './formats/add-checkpoint';
export {
  type Checkpoint,
  type CheckpointText,
  formatCheckpointText,
  openCheckpoint,
  parseCheckpointText,
  type TreeHead,
} from './formats/checkpoint';
export {
  type Cosignature,
  cosign,
  cosignedAt,
  formatCosignature,
  formatCosignerKey,
  parseCosignature,
  parseCosignerKey,
} from './formats/cosignature';
export {
  type Envelope,
  formatEnvelope,
  parseEnvelope,
  preAuthEncoding,
  verifyEnvelope,
} from './formats/dsse';
export {
  formatHeartbeatProof,
  type HeartbeatProof,
  parseHeartbeatProof,
  proveHeartbeat,
  type SignedHeartbeat,
  type VerifiedHeartbeat,
  verifyHeartbeat,
} from './formats/heartbeat-proof';
export { formatLeaf, type Leaf, parseLeaf } from './formats/leaf';
export {
  formatNote,
  formatVerifierKey,
  type Note,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  parseNote,
  parseVerifierKey,
  signNote,
} from './formats/note';
export { formatOfflineProof, parseOfflineProof } from './formats/offline-proof';
export {
  formatPolicy,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  parsePolicy,
} from './formats/policy';
export { formatSigstoreBundle, formatSigstoreTrustedRoot, sigstoreKeyHint } from './formats/sigstore-bundle';
export {
  formatTlogProof,
  parseTlogProof,
  type RecordEvidence,
  type TlogProof,
  type VerifiedRecord,
  verifyRecord,
} from './formats/tlog-proof';
export { Authority, type Standing, signerKey } from './judgement/authority';
export { checkDeployable, type Floor, Floors, type PlacedRelease } from './judgement/floors';
export type { KeyEnd, Reign } from './judgement/succession';
export { type KeyRole, openSigningKey, type Random, type SigningKey, signingKeyFromSeed } from './keys/key';
export { readKeyFile } from './keys/key-file';
export { parseKeyList } from './keys/key-list';
export type { FollowedKey } from './keys/log-key';
export {
  openRecordSigner,
  type RecordSigner,
  signStatement,
  type Unlocking,
} from './keys/record-signer';
export {
  finishRotation,
  type Keeping,
  type KeyPlace,
  makeKey,
  type RotatedRole,
  type Rotation,
  rotateKey,
} from './keys/rotate-key';
export { rotationText } from './keys/rotation';
export { type AgentIdentity, formatAgentKey, listAgentKeys } from './keys/ssh-agent';
export {
  type Ledger,
  type OpenLedgerOptions,
  type OpenReaderOptions,
  type OwnLedger,
  openLedger,
  openLedgerReader,
  type ReadOnlyLedger,
  type SignedRecord,
} from './log/ledger';
export {
  formatLedgerPlace,
  type LedgerPlace,
  type OwnLedgerPlace,
  parseLedgerPlace,
} from './log/ledger-place';
export {
  auditLedgerAt,
  type OpenLedgerAtOptions,
  type OpenLedgerReaderAtOptions,
  openLedgerAt,
  openLedgerReaderAt,
  openLogSource,
} from './log/open-ledger';
export type { EntryRange, LedgerEntry, RecordProof } from './log/reader';
export { type OpenRemoteLedgerOptions, openRemoteLedger } from './log/remote-ledger';
export {
  findLedgerPlace,
  type LedgerNames,
  namedLedgerPlace,
  noteLedgerPlace,
  ownLedgerPlace,
} from './log/state-ledger';
export type { AppendOptions, Receipt } from './log/writer';
export {
  type ServeLedgerOptions,
  type ServeLogOptions,
  serveLedger,
  serveLog,
} from './server/ledger-server';
export { parseListen } from './server/listen';
export type { LedgerServer } from './server/serve';
export { damageCode } from './storage/damage';
export { folderSource } from './storage/folder-source';
export { HttpSource, type HttpSourceOptions } from './storage/http-source';
export type { LogSource } from './storage/storage';
export {
  makeConsistencyProof,
  makeInclusionProof,
  verifyConsistency,
  verifyInclusion,
} from './tree/proof';
export { type Hash, leafHash, nodeHash, treeRoot } from './tree/tree';
export { findPolicyFile, type PolicyNames, policyFile, readPolicyFile } from './witness/policy-file';
export { checkPolicy, isQuorum, type PolicyVerdict, type Witnessed } from './witness/quorum';
export { type ServeWitnessOptions, serveWitness, type WitnessServer } from './witness/server';
export { Witness, type WitnessAnswer, type WitnessOptions } from './witness/witness';
export { type CollectOptions, createCollector } from './witness/witness-client';
