/** Opens a ledger wherever it is (ledger-place.ts): a folder, a database or a server, all with one interface. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { NexusError, quote } from '../../../model';
import { type AuditOptions, type AuditReport, auditLedger, auditStorage } from '../audit/audit';
import { signCheckpoint } from '../formats/checkpoint';
import type { NoteSigner } from '../formats/note';
import { parseVerifierKey } from '../formats/note';
import type { Policy } from '../formats/policy';
import { openSigningKey, type Random } from '../keys/key';
import { type FirstCommit, PostgresStorage } from '../postgres/storage';
import { formatCommit } from '../storage/commit';
import { noHead } from '../storage/head';
import { HttpSource } from '../storage/http-source';
import { checkpointFile } from '../storage/layout';
import type { LogSource } from '../storage/storage';
import { emptyRoot } from '../tree/tree';
import { findPolicyFile, openCosign, readPolicyFile } from '../witness/policy-file';
import {
  type Ledger,
  type OwnLedger,
  openFolderSource,
  openLedger,
  type ReadOnlyLedger,
  readLedger,
  startLedger,
} from './ledger';
import { formatLedgerPlace, type LedgerPlace, type OwnLedgerPlace } from './ledger-place';
import { openRemoteLedger } from './remote-ledger';
import type { Cosign } from './settle';

export interface OpenLedgerAtOptions {
  readonly place: LedgerPlace;
  /**
   * Has the log's key, `log.key`, which is made when missing; for a ledger behind a server only its verifier key,
   * `log.pub`. Its policy, `log.policy`, says who cosigns where the log is ours.
   */
  readonly keysFolder: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: Random;
  /** Names the witnesses that must have cosigned what a server says. @default the file `log.policy` */
  readonly policyFile?: string | undefined;
  /** Cosigns each checkpoint before it is published. @default what the file `log.policy` says */
  readonly cosign?: Cosign | undefined;
  /** Ends what goes on over a network. @default never */
  readonly signal?: AbortSignal | undefined;
}

/** Opens a ledger to write; in a folder or a database it is made at first use. */
export async function openLedgerAt(options: OpenLedgerAtOptions): Promise<Ledger> {
  const { place, keysFolder, signal } = options;
  if (place.kind !== 'server') return openOwnLedgerAt({ ...options, place });
  const policyFile = findPolicyFile({ named: options.policyFile, keysFolder, place });
  return openRemoteLedger({
    url: place.url,
    verifierKey: await readVerifierKey(keysFolder, place),
    policy: policyFile === undefined ? undefined : await readPolicyFile(policyFile),
    signal,
  });
}

export interface OpenOwnLedgerAtOptions extends OpenLedgerAtOptions {
  readonly place: OwnLedgerPlace;
}

/** The same where the log's key is here. */
export async function openOwnLedgerAt(options: OpenOwnLedgerAtOptions): Promise<OwnLedger> {
  const { place, keysFolder, clock, random } = options;
  if (place.kind === 'folder')
    return openLedger({
      folder: place.folder,
      keysFolder,
      clock,
      random,
      ...(options.cosign && { cosign: options.cosign }),
    });
  const log = await openSigningKey({ folder: keysFolder, role: 'log', random });
  const cosign = options.cosign ?? (await openCosign(keysFolder, log));
  const storage = new PostgresStorage({ address: place.address, origin: log.name });
  await storage.create(() => firstCommit(log, random));
  return startLedger({ storage, log, random, cosign, sleep: (timeMs) => sleepFor(timeMs) });
}

function firstCommit(log: NoteSigner, random: Random): FirstCommit {
  const tree = { size: 0, root: emptyRoot };
  const nonce = Buffer.from(random(16)).toString('hex');
  const { id, bytes } = formatCommit({ base: noHead, tree, nonce, records: [] }, log);
  const note = Buffer.from(signCheckpoint(tree, log));
  return { head: { size: 0, id }, bytes, files: [{ path: checkpointFile, bytes: note }] };
}

export interface OpenLedgerReaderAtOptions {
  readonly place: LedgerPlace;
  /** The line of the log's `.pub` file, now or before a rotation. */
  readonly verifierKey: string;
  /** Witnesses that must have cosigned each checkpoint. @default none */
  readonly policy?: Policy | undefined;
  /** Ends what goes on over a network. @default never */
  readonly signal?: AbortSignal | undefined;
}

/** Opens a ledger to read, without its key. @throws NexusError `no-ledger`, `ledger-damaged` */
export async function openLedgerReaderAt(options: OpenLedgerReaderAtOptions): Promise<ReadOnlyLedger> {
  const log = parseVerifierKey(options.verifierKey.trimEnd());
  const { policy } = options;
  const ledger = readLedger(openLogSource(options), log, { policy });
  await ledger.checkpoint();
  return ledger;
}

/** The files of a ledger, to be read and checked by whoever asks for them. */
export function openLogSource({ place, verifierKey, signal }: OpenLedgerReaderAtOptions): LogSource {
  const { name: origin } = parseVerifierKey(verifierKey.trimEnd());
  if (place.kind === 'server') return new HttpSource({ url: place.url, signal });
  if (place.kind === 'postgres') return new PostgresStorage({ address: place.address, origin });
  return openFolderSource(place.folder);
}

/**
 * The audit (audit.ts) of a ledger in a folder or a database.
 * @throws NexusError `no-ledger`, `bad-verifier-key`, `not-auditable` for a server, which shows the log but not all files
 */
export async function auditLedgerAt(
  { place, verifierKey }: OpenLedgerReaderAtOptions,
  options: AuditOptions = {},
): Promise<AuditReport> {
  if (place.kind === 'folder') return auditLedger(place.folder, verifierKey, options);
  const log = parseVerifierKey(verifierKey.trimEnd());
  if (place.kind === 'postgres')
    return auditStorage(new PostgresStorage({ address: place.address, origin: log.name }), log, options);
  throw new NexusError(
    'not-auditable',
    `Cannot audit ledger ${quote(formatLedgerPlace(place))}: a server gives out no list of its files`,
    {
      hint: `Check what it gives out with \`nexus verify ${formatLedgerPlace(place)}\`, or audit where it keeps them.`,
    },
  );
}

async function readVerifierKey(keysFolder: string, place: LedgerPlace): Promise<string> {
  const file = join(keysFolder, 'log.pub');
  if (existsSync(file)) return readFile(file, 'utf8');
  throw new NexusError(
    'no-verifier-key',
    `Cannot open ledger ${quote(formatLedgerPlace(place))}: there is no ${quote(file)} to check it with`,
    { hint: 'Copy the file log.pub of the server there, over a way that you trust.' },
  );
}
