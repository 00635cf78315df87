/** `nexus verify ledger`: every file of the log against what the log has signed. */
import { type AuditReport, auditLedger } from '../providers/provchain';
import type { Check } from './check';
import { showControls } from './terminal-text';
import { count } from './words';

/** @param verifierKey the line of the log's `.pub` file */
export async function verifyLedger(folder: string, verifierKey: string): Promise<Check[]> {
  const report = await auditLedger(folder, verifierKey);
  const damages = report.findings.map(({ file, problem }) => ({
    about: 'ledger',
    name: 'file',
    ok: false,
    detail: showControls(`${file}: ${problem}`),
  }));
  return damages.length > 0 ? damages : describeSound(report);
}

function describeSound({
  origin,
  size,
  pendingCount,
  recordCount,
  fileCount,
  leftovers,
}: AuditReport): Check[] {
  const pending = pendingCount === 0 ? '' : `, ${pendingCount} more committed and not published yet`;
  const rest = leftovers.length === 0 ? '' : `; ${leftovers.length} left by interrupted appends, harmless`;
  const checks = {
    checkpoint: `signed by ${origin}, over ${count(size, 'record')}${pending}`,
    records: `payload and signature of each of ${count(recordCount, 'record')} hold`,
    files: `each of ${count(fileCount, 'file')} is what the log says${rest}`,
  };
  return Object.entries(checks).map(([name, detail]) => ({ about: 'ledger', name, ok: true, detail }));
}
