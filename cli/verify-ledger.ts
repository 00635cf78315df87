/** `nexus verify ledger`: every file of the log against what the log has signed. */
import {
  type AuditOptions,
  type AuditReport,
  auditLedgerAt,
  type FollowedKey,
  formatVerifierKey,
  type LedgerPlace,
} from '../providers/provchain';
import type { Check } from './check';
import { showControls } from './terminal-text';
import { count } from './words';

/** @param verifierKey the line of the log's `.pub` file */
export async function verifyLedger(
  place: LedgerPlace,
  verifierKey: string,
  options: Pick<AuditOptions, 'onProgress' | 'signal' | 'policy'>,
): Promise<Check[]> {
  return describeAudit(await auditLedgerAt({ place, verifierKey }, options), true);
}

/** How the log leads from the key that was given to the one that signs now. */
export function describeRotations(about: string, { verifier, rotations }: FollowedKey): Check {
  const [records, how] =
    rotations.length === 1
      ? [`record ${rotations[0]}`, 'signed by the key before it']
      : [`records ${rotations.join(', ')}`, 'each signed by the key before it'];
  const detail = `the log's key was replaced by ${records}, ${how}; now it is ${formatVerifierKey(verifier)}`;
  return { about, name: 'key', ok: true, detail };
}

/** What an audit found, in words: what holds, or each file that is not what it must be. */
export function describeAudit(report: AuditReport, withSignatures: boolean): Check[] {
  const damages = report.findings.map(({ file, problem }) => ({
    about: 'ledger',
    name: 'file',
    ok: false,
    detail: showControls(`${file}: ${problem}`),
  }));
  const key = report.followed === undefined ? [] : [describeRotations('ledger', report.followed)];
  return [...key, ...(damages.length > 0 ? damages : describeSound(report, withSignatures))];
}

function describeSound(report: AuditReport, withSignatures: boolean): Check[] {
  const { origin, size, pendingCount, recordCount, fileCount, leftovers } = report;
  const pending = pendingCount === 0 ? '' : `, ${pendingCount} more committed and not published yet`;
  const rest = leftovers.length === 0 ? '' : `; ${leftovers.length} left by interrupted appends, harmless`;
  const held = withSignatures ? 'payload and signature of each' : 'the payload of each';
  const checks = {
    checkpoint: `signed by ${origin}, over ${count(size, 'record')}${pending}`,
    records: `${held} of ${count(recordCount, 'record')} ${withSignatures ? 'hold' : 'holds'}`,
    files: `each of ${count(fileCount, 'file')} is what the log says${rest}`,
  };
  return Object.entries(checks).map(([name, detail]) => ({ about: 'ledger', name, ok: true, detail }));
}
