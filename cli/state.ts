/** The state folder that a verb works in, opened to write or only to read. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatError, NexusError } from '../model';
import { type Client, openClient, registryOf } from '../providers/nexus';
import {
  findLedgerPlace,
  findPolicyFile,
  type LedgerPlace,
  type NoteVerifier,
  openLedgerReaderAt,
  type Policy,
  parseVerifierKey,
  type ReadOnlyLedger,
  readPolicyFile,
} from '../providers/provchain';
import type { CommonOptions, Io } from './io';
import { unlockingFor } from './passphrase';
import { readingInput } from './usage-error';

/** `--state`, else `NEXUS_STATE_DIR`, else `.nexus` in the working folder; absolute. */
export function stateFolder({ state }: CommonOptions, { cwd, env }: Pick<Io, 'cwd' | 'env'>): string {
  const named = [state, env.NEXUS_STATE_DIR].find((folder) => folder !== undefined && folder !== '');
  return resolve(cwd, named ?? '.nexus');
}

/** The state folder to write in; what is not there is made at first use. */
export function openState(stateDir: string, io: Io): Promise<Client> {
  const policyFile = io.env.NEXUS_POLICY && resolve(io.cwd, io.env.NEXUS_POLICY);
  const registry = registryOf(io.env, (error) => io.err.write(`nexus: ${formatError(error)}\n`));
  const environment = { ...io.environment, unlocking: unlockingFor(io), policyFile, registry };
  return openClient(stateDir, environment, ledgerPlace(stateDir, io));
}

/** The ledger of a state folder and the keys that tell its records from others. */
export interface LedgerAccess {
  readonly ledger: ReadOnlyLedger;
  /** Checks the log's checkpoints. */
  readonly log: NoteVerifier;
  /** Public key of the deployer in hex: what introduces the other keys. Undefined while nothing was deployed. */
  readonly deployerKey: string | undefined;
}

/** What `--ledger` or `NEXUS_LEDGER` says, else where the state folder's records were last written to. */
export function ledgerPlace(stateDir: string, { cwd, env }: Pick<Io, 'cwd' | 'env'>): LedgerPlace {
  return findLedgerPlace({ stateDir, fromEnvironment: env.NEXUS_LEDGER, baseFolder: cwd });
}

/** Opens the ledger without making or changing anything. @throws NexusError `no-ledger`, `ledger-damaged` */
export async function openLedgerAccess(stateDir: string, io: Io): Promise<LedgerAccess> {
  const place = ledgerPlace(stateDir, io);
  const verifierKey =
    place.kind === 'folder' ? await readVerifierKey(stateDir, place.folder) : await readLogKey(stateDir);
  const policy = await readLedgerPolicy(stateDir, place, io);
  const ledger = await openLedgerReaderAt({ place, verifierKey, policy, signal: io.signal });
  return {
    ledger,
    log: parseVerifierKey(ledger.verifierKey),
    deployerKey: await readDeployerKey(stateDir),
  };
}

/** Who must have cosigned what the ledger says: `--policy`, `NEXUS_POLICY`, or `log.policy` beside the keys. */
export async function readLedgerPolicy(
  ...asked: Parameters<typeof ledgerPolicyFile>
): Promise<Policy | undefined> {
  const file = ledgerPolicyFile(...asked);
  return file === undefined ? undefined : readingInput(() => readPolicyFile(file));
}

/** Its absolute path; undefined where nothing asks for a policy. */
export function ledgerPolicyFile(
  stateDir: string,
  place: LedgerPlace,
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
): string | undefined {
  const named = env.NEXUS_POLICY && resolve(cwd, env.NEXUS_POLICY);
  return findPolicyFile({ named, keysFolder: keysFolder(stateDir), place });
}

/** In hex; undefined while nothing was deployed. */
export async function readDeployerKey(stateDir: string): Promise<string | undefined> {
  const deployer = await readKeyLine(keyFile(stateDir, 'deployer'));
  return deployer && Buffer.from(parseVerifierKey(deployer).publicKey).toString('hex');
}

/** The line of the log's `.pub` file, wherever the log is. @throws NexusError `no-verifier-key` */
export async function readLogKey(stateDir: string): Promise<string> {
  const verifierKey = await readKeyLine(keyFile(stateDir, 'log'));
  if (verifierKey !== undefined) return verifierKey;
  throw new NexusError(
    'no-verifier-key',
    `Cannot read the ledger of "${stateDir}": no key to check it with`,
    {
      hint: 'Copy the file log.pub of the ledger to its folder "keys", over a way that you trust.',
    },
  );
}

/** The line of the log's `.pub` file. @throws NexusError `no-ledger` */
export async function readVerifierKey(stateDir: string, folder = ledgerFolder(stateDir)): Promise<string> {
  const verifierKey = await readKeyLine(keyFile(stateDir, 'log'));
  if (verifierKey !== undefined && existsSync(folder)) return verifierKey;
  throw new NexusError('no-ledger', `Cannot read the ledger of "${stateDir}": there is none`, {
    hint: 'Deploy or build first, or name another state folder with --state DIR.',
  });
}

export function ledgerFolder(stateDir: string): string {
  return join(stateDir, 'ledger');
}

export function keysFolder(stateDir: string): string {
  return join(stateDir, 'keys');
}

function keyFile(stateDir: string, role: 'log' | 'deployer'): string {
  return join(keysFolder(stateDir), `${role}.pub`);
}

async function readKeyLine(file: string): Promise<string | undefined> {
  return existsSync(file) ? (await readFile(file, 'utf8')).trimEnd() : undefined;
}
