/**
 * A record with its proof in one file, to be checked where neither ledger nor network is: a tlog-proof (tlog-proof.ts)
 * whose `extra` line carries the record's DSSE envelope (dsse.ts), in which `keyid` is the signer's key in hex:
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64 of {"payloadType":…,"payload":…,"signatures":[{"sig":…,"keyid":"<64 hex digits>"}]}>
 *     index 3
 *     …
 *
 * Nobody vouches for `extra`, and nobody has to: the entry that the proof leads from is made of it (leaf.ts).
 */
import { NexusError, publicKeySizeBytes, statementMediaType } from '../../../model';
import { formatBase64 } from './base64';
import { parseEnvelope } from './dsse';
import { formatTlogProof, parseTlogProof, type RecordEvidence } from './tlog-proof';

/** Inverse: {@link parseOfflineProof}. */
export function formatOfflineProof({ payload, signature, publicKey, proof }: RecordEvidence): string {
  const envelope = {
    payloadType: statementMediaType,
    payload: formatBase64(payload),
    signatures: [{ sig: formatBase64(signature), keyid: Buffer.from(publicKey).toString('hex') }],
  };
  return formatTlogProof({ ...proof, extra: Buffer.from(JSON.stringify(envelope)) });
}

/** Inverse of {@link formatOfflineProof}. Proves nothing yet: see `verifyRecord`. @throws NexusError `bad-proof`, `bad-envelope` */
export function parseOfflineProof(text: string): RecordEvidence {
  const { extra, ...proof } = parseTlogProof(text);
  if (extra === undefined) throw badProof('it has no "extra" line, expected the record in one');
  const json = Buffer.from(extra).toString('utf8');
  return { ...parseEnvelope(json), publicKey: readKeyId(json), proof };
}

/** Called on JSON that was checked; only whether there is a key is left to see. */
function readKeyId(json: string): Uint8Array {
  const { signatures } = JSON.parse(json) as { signatures: readonly { keyid?: string }[] };
  const hex = signatures[0]?.keyid ?? '';
  if (/^[0-9a-f]+$/.test(hex) && hex.length === 2 * publicKeySizeBytes)
    return new Uint8Array(Buffer.from(hex, 'hex'));
  throw badProof('its "keyid" is no public key, expected 64 hex digits');
}

function badProof(reason: string): NexusError {
  return new NexusError('bad-proof', `Cannot read an offline proof: ${reason}`, {
    hint: 'Write it again with `nexus prove CID -o FILE`.',
  });
}
