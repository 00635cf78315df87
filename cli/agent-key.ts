/** A key of the ssh-agent by what `ssh-add -l` and `ssh-add -L` show of it. */
import { sha256 } from '../model';
import { type AgentIdentity, formatAgentKey, listAgentKeys } from '../providers/provchain';
import { UsageError } from './usage-error';

/** @param wanted comment, `SHA256:…` fingerprint or the line of the public key @returns the 32 bytes of the key */
export async function findAgentKey(wanted: string, socketPath: string | undefined): Promise<Uint8Array> {
  const keys = await listAgentKeys(socketPath);
  const found = keys.filter((key) => isNamed(key, wanted));
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only.publicKey;
  const names = keys.map(({ comment, publicKey }) => `${fingerprint(publicKey)} ${comment}`).join(', ');
  const current =
    only === undefined ? 'the ssh-agent has none of that name' : `${found.length} keys have that name`;
  throw new UsageError(
    'unknown-agent-key',
    `Cannot use key "${wanted}": ${current}, its Ed25519 keys are ${names || '(none)'}`,
    {
      hint: 'Name one by its fingerprint; `ssh-add` gives the agent a key, of type Ed25519.',
    },
  );
}

function isNamed({ comment, publicKey }: AgentIdentity, wanted: string): boolean {
  const line = formatAgentKey(publicKey);
  return (
    comment === wanted ||
    fingerprint(publicKey) === wanted ||
    wanted === line ||
    wanted.startsWith(`${line} `)
  );
}

/** As OpenSSH writes it: SHA-256 of the key's blob, base64 without padding. */
function fingerprint(publicKey: Uint8Array): string {
  const blob = Buffer.from(formatAgentKey(publicKey).split(' ')[1] ?? '', 'base64');
  return `SHA256:${Buffer.from(sha256(blob)).toString('base64').replace(/=+$/, '')}`;
}
