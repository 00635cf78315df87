/** ProvChain, the ledger: a transparency log on disk in the public C2SP formats. See docs/provchain.md. */
export { type AuditFinding, type AuditOptions, type AuditReport, auditLedger } from './audit';
export {
  type Checkpoint,
  type CheckpointText,
  formatCheckpointText,
  openCheckpoint,
  parseCheckpointText,
  type TreeHead,
} from './checkpoint';
export { damageCode } from './damage';
export { type Envelope, formatEnvelope, parseEnvelope, preAuthEncoding, verifyEnvelope } from './dsse';
export {
  formatHeartbeatProof,
  type HeartbeatProof,
  parseHeartbeatProof,
  proveHeartbeat,
  type SignedHeartbeat,
  type VerifiedHeartbeat,
  verifyHeartbeat,
} from './heartbeat-proof';
export { type KeyRole, openSigningKey, type Random, type SigningKey, signingKeyFromSeed } from './key';
export { formatLeaf, type Leaf, parseLeaf } from './leaf';
export {
  type Ledger,
  type OpenLedgerOptions,
  type OpenReaderOptions,
  openLedger,
  openLedgerReader,
  type ReadOnlyLedger,
  type SignedRecord,
} from './ledger';
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
export {
  makeConsistencyProof,
  makeInclusionProof,
  verifyConsistency,
  verifyInclusion,
} from './proof';
export type { EntryRange, LedgerEntry, RecordProof } from './reader';
export { formatSigstoreBundle, formatSigstoreTrustedRoot, sigstoreKeyHint } from './sigstore-bundle';
export {
  formatTlogProof,
  parseTlogProof,
  type RecordEvidence,
  type TlogProof,
  type VerifiedRecord,
  verifyRecord,
} from './tlog-proof';
export { type Hash, leafHash, nodeHash, treeRoot } from './tree';
export type { AppendOptions, Receipt } from './writer';
