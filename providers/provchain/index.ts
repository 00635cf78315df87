/** ProvChain, the ledger: a transparency log on disk in the public C2SP formats. See docs/provchain.md. */
export {
  type AddCheckpoint,
  formatAddCheckpoint,
  formatCosignatureLines,
  formatSizeLine,
  parseAddCheckpoint,
  parseCosignatureLines,
  parseSizeLine,
} from './add-checkpoint';
export {
  type AuditFinding,
  type AuditOptions,
  type AuditPhase,
  type AuditReport,
  auditLedger,
} from './audit';
export { Authority, type Standing, signerKey } from './authority';
export {
  type Checkpoint,
  type CheckpointText,
  formatCheckpointText,
  openCheckpoint,
  parseCheckpointText,
  type TreeHead,
} from './checkpoint';
export {
  type Cosignature,
  cosign,
  cosignedAt,
  formatCosignature,
  formatCosignerKey,
  parseCosignature,
  parseCosignerKey,
} from './cosignature';
export { damageCode } from './damage';
export { type Envelope, formatEnvelope, parseEnvelope, preAuthEncoding, verifyEnvelope } from './dsse';
export { checkDeployable, type Floor, Floors, type PlacedRelease } from './floors';
export { folderSource } from './folder-source';
export {
  formatHeartbeatProof,
  type HeartbeatProof,
  parseHeartbeatProof,
  proveHeartbeat,
  type SignedHeartbeat,
  type VerifiedHeartbeat,
  verifyHeartbeat,
} from './heartbeat-proof';
export { HttpSource, type HttpSourceOptions } from './http-source';
export { type KeyRole, openSigningKey, type Random, type SigningKey, signingKeyFromSeed } from './key';
export { readKeyFile } from './key-file';
export { parseKeyList } from './key-list';
export { formatLeaf, type Leaf, parseLeaf } from './leaf';
export {
  type Ledger,
  type OpenLedgerOptions,
  type OpenReaderOptions,
  type OwnLedger,
  openLedger,
  openLedgerReader,
  type ReadOnlyLedger,
  type SignedRecord,
} from './ledger';
export {
  formatLedgerPlace,
  type LedgerPlace,
  type OwnLedgerPlace,
  parseLedgerPlace,
} from './ledger-place';
export type { FollowedKey } from './log-key';
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
} from './note';
export { formatOfflineProof, parseOfflineProof } from './offline-proof';
export {
  auditLedgerAt,
  type OpenLedgerAtOptions,
  type OpenLedgerReaderAtOptions,
  openLedgerAt,
  openLedgerReaderAt,
  openLogSource,
} from './open-ledger';
export {
  formatPolicy,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  parsePolicy,
} from './policy';
export { findPolicyFile, type PolicyNames, policyFile, readPolicyFile } from './policy-file';
export {
  makeConsistencyProof,
  makeInclusionProof,
  verifyConsistency,
  verifyInclusion,
} from './proof';
export { checkPolicy, isQuorum, type PolicyVerdict, type Witnessed } from './quorum';
export type { EntryRange, LedgerEntry, RecordProof } from './reader';
export {
  openRecordSigner,
  type RecordSigner,
  signStatement,
  type Unlocking,
} from './record-signer';
export { type OpenRemoteLedgerOptions, openRemoteLedger } from './remote-ledger';
export {
  finishRotation,
  type Keeping,
  type KeyPlace,
  makeKey,
  type RotatedRole,
  type Rotation,
  rotateKey,
} from './rotate-key';
export { rotationText } from './rotation';
export {
  type ServeLedgerOptions,
  type ServeLogOptions,
  serveLedger,
  serveLog,
} from './server/ledger-server';
export { parseListen } from './server/listen';
export type { LedgerServer } from './server/serve';
export { formatSigstoreBundle, formatSigstoreTrustedRoot, sigstoreKeyHint } from './sigstore-bundle';
export { type AgentIdentity, formatAgentKey, listAgentKeys } from './ssh-agent';
export {
  findLedgerPlace,
  type LedgerNames,
  namedLedgerPlace,
  noteLedgerPlace,
  ownLedgerPlace,
} from './state-ledger';
export type { LogSource } from './storage';
export type { KeyEnd, Reign } from './succession';
export {
  findingCountMax,
  type LogLayout,
  type TiledLogOptions,
  type TiledLogReport,
  verifyTiledLog,
  wholeSizeMax,
} from './tiled-log';
export {
  formatTlogProof,
  parseTlogProof,
  type RecordEvidence,
  type TlogProof,
  type VerifiedRecord,
  verifyRecord,
} from './tlog-proof';
export { type Hash, leafHash, nodeHash, treeRoot } from './tree';
export { type ServeWitnessOptions, serveWitness, type WitnessServer } from './witness/server';
export { Witness, type WitnessAnswer, type WitnessOptions } from './witness/witness';
export { type CollectOptions, createCollector } from './witness-client';
export type { AppendOptions, Receipt } from './writer';
