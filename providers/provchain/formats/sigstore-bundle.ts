/**
 * Sigstore's bundle v0.3 (https://github.com/sigstore/protobuf-specs): a record with its proof as one JSON value, which
 * Sigstore's clients check against a trusted root of our own:
 *
 *     {"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",
 *      "verificationMaterial":{
 *        "publicKey":{"hint":"<SHA-256 of the signer's SubjectPublicKeyInfo, hex>"},
 *        "tlogEntries":[{"logIndex","logId":{"keyId"},"kindVersion":{"kind":"dsse","version":"0.0.2"},
 *          "inclusionProof":{"logIndex","rootHash","treeSize","hashes","checkpoint":{"envelope":"<signed note>"}},
 *          "canonicalizedBody":"<base64 of the entry>"}]},
 *      "dsseEnvelope":{"payload","payloadType","signatures":[{"sig"}]}}
 *
 *     log id = SHA-256(name || 0x0A || 0x01 || public key), of which the note's key id is the beginning, as in Rekor v2
 *
 * The trusted root names the log's key and no certificate authority: who signed is told by the hint, and the caller
 * gives the key to the hint.
 */
import { formatSpki, sha256, statementMediaType } from '../../../model';
import { formatBase64 } from './base64';
import { parseCheckpointText } from './checkpoint';
import { formatLeaf, leafOfEnvelope } from './leaf';
import { type NoteVerifier, noteKeyHash, parseNote } from './note';
import type { RecordEvidence } from './tlog-proof';

/** A bundle of a record that was proved; the proof is passed on as it stands, see `verifyRecord`. */
export function formatSigstoreBundle(evidence: RecordEvidence, log: NoteVerifier): string {
  const { payload, signature, publicKey } = evidence;
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      publicKey: { hint: sigstoreKeyHint(publicKey) },
      tlogEntries: [tlogEntryOf(evidence, log)],
    },
    dsseEnvelope: {
      payload: formatBase64(payload),
      payloadType: statementMediaType,
      signatures: [{ sig: formatBase64(signature) }],
    },
  });
}

function tlogEntryOf(evidence: RecordEvidence, log: NoteVerifier) {
  const { index, hashes, checkpoint } = evidence.proof;
  const { size, root } = parseCheckpointText(parseNote(Buffer.from(checkpoint)).text);
  return {
    logIndex: String(index),
    logId: { keyId: formatBase64(noteKeyHash(log)) },
    kindVersion: { kind: 'dsse', version: '0.0.2' },
    inclusionProof: {
      logIndex: String(index),
      rootHash: formatBase64(root),
      treeSize: String(size),
      hashes: hashes.map(formatBase64),
      checkpoint: { envelope: checkpoint },
    },
    canonicalizedBody: formatBase64(formatLeaf(leafOfEnvelope(evidence, evidence.publicKey))),
  };
}

/** What a bundle calls the key of its signer. */
export function sigstoreKeyHint(publicKey: Uint8Array): string {
  return Buffer.from(sha256(formatSpki(publicKey))).toString('hex');
}

/** Sigstore's trusted root v0.1 of a log of ours: what a client needs to check its bundles. */
export function formatSigstoreTrustedRoot(log: NoteVerifier): string {
  const tlog = {
    baseUrl: `https://${log.name}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: formatBase64(formatSpki(log.publicKey)),
      keyDetails: 'PKIX_ED25519',
      validFor: { start: '1970-01-01T00:00:00Z' },
    },
    logId: { keyId: formatBase64(noteKeyHash(log)) },
  };
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [tlog],
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: [],
  });
}
