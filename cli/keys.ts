/** `nexus keys`: who signs what in a ledger; making, replacing and revoking keys. See docs/keys.md. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { NexusError, quote } from '../model';
import {
  type Keeping,
  type KeyPlace,
  makeKey,
  type RotatedRole,
  readKeyFile,
  rotateKey,
} from '../providers/provchain';
import { findAgentKey } from './agent-key';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { describeEnd, LedgerBook } from './ledger-book';
import { formatTable, printJson } from './output';
import { newPassphrase, unlockingFor } from './passphrase';
import { keysFolder, ledgerPlace, openState, readDeployerKey, stateFolder } from './state';
import { readingInput, UsageError } from './usage-error';
import { createLedgerVerb, withLedger } from './verb';
import { describeHolder, shortKey } from './words';

interface Options extends CommonOptions {
  readonly agent?: string;
  readonly passphrase?: string;
  readonly reason?: string;
  readonly from?: number;
}

export function defineKeys(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('keys', 'list, make, rotate and revoke the keys that sign', [
    ['nexus keys', 'which there are, and their worth'],
    ['nexus keys make deployer --passphrase ask', 'the first one, with a passphrase'],
    ['nexus keys rotate deployer', 'a new key in the place of the old one'],
    ['nexus keys rotate deployer --agent me@desk', 'one in the ssh-agent'],
    ['nexus keys rotate log', 'a new key for the log itself'],
    ["nexus keys revoke n-0 --reason 'board lost'", 'a key that counts no more'],
  ])
    .argument('[action]', 'list, make, rotate or revoke', parseAction, 'list')
    .argument('[key]', 'log or deployer; to revoke: the name of a node, or a public key')
    .option('--agent <key>', 'the new key is in the ssh-agent: its comment, fingerprint or line')
    .option('--passphrase <source>', 'a passphrase for the new key: ask, env:NAME, file:PATH or fd:N')
    .option('--reason <text>', 'why the key is revoked')
    .option('--from <index>', 'the first record that the revoked key is not believed on', parseIndex)
    .action(async (action: Action, key: string | undefined, options: Options) =>
      end(await actions[action](key, options, withLedger(options, io))),
    );
}

const actions = { list, make, rotate, revoke } as const;
type Action = keyof typeof actions;

function parseAction(text: string): Action {
  const action = (Object.keys(actions) as Action[]).find((name) => name === text);
  if (action !== undefined) return action;
  throw new InvalidArgumentError('expected list, make, rotate or revoke');
}

function parseIndex(text: string): number {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected the index of a record, as `nexus log` shows it');
}

function readRole(key: string | undefined): RotatedRole {
  if (key === 'log' || key === 'deployer') return key;
  throw new UsageError('bad-role', `Cannot use key ${quote(key ?? '')}: expected "log" or "deployer"`, {
    hint: 'The key of a node is made by its mesh, and the one of the collector by the host daemon.',
  });
}

function placeOf(options: Options, io: Io): KeyPlace {
  const stateDir = stateFolder(options, io);
  const { clock, random } = io.environment;
  const folders = { keysFolder: keysFolder(stateDir), place: ledgerPlace(stateDir, io) };
  return { ...folders, clock, random, ...unlockingFor(io) };
}

async function readKeeping(role: RotatedRole, { agent, passphrase }: Options, io: Io): Promise<Keeping> {
  if (agent === undefined && passphrase === undefined) return { kind: 'plain' };
  if (role === 'log')
    throw new UsageError(
      'plain-log-key',
      'Cannot lock the key of the log: it signs with nobody beside it, expected a plain key',
    );
  if (agent !== undefined && passphrase !== undefined)
    throw new UsageError('bad-arguments', 'Cannot keep a key in two places: --agent and --passphrase given');
  return agent === undefined
    ? { kind: 'passphrase', passphrase: await newPassphrase(passphrase ?? 'ask', io) }
    : { kind: 'agent', publicKey: await findAgentKey(agent, io.env.SSH_AUTH_SOCK) };
}

async function make(key: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const role = await readingInput(() => readRole(key));
  const made = await makeKey(role, await readKeeping(role, options, io), placeOf(options, io));
  const publicKey = Buffer.from(made.publicKey).toString('hex');
  if (options.json) printJson(io.out, { role, name: made.name, key: publicKey });
  else io.out.write(`The ${role} has key ${publicKey}, named ${made.name}.\n`);
  return exitCode.ok;
}

async function rotate(key: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const role = await readingInput(() => readRole(key));
  const { from, to, index, isResumed } = await rotateKey(
    role,
    await readKeeping(role, options, io),
    placeOf(options, io),
  );
  const [old, made] = [from, to].map(({ publicKey }) => Buffer.from(publicKey).toString('hex'));
  if (options.json) {
    printJson(io.out, { role, name: to.name, key: made, replaces: old, index, resumed: isResumed });
    return exitCode.ok;
  }
  const how = isResumed ? 'A rotation that was interrupted is finished' : 'Rotated';
  io.out.write(`${how}: the ${role} has key ${made} in place of ${old}, by record ${index}.\n`);
  if (role === 'log') io.out.write('Give the new keys/log.pub to those who check this log.\n');
  return exitCode.ok;
}

/** One key with what the ledger and the file say of it. */
interface Listed {
  readonly role: string;
  readonly name: string;
  readonly key: string;
  readonly state: string;
  readonly good: boolean;
  /** How the private key is kept, where it is here. */
  readonly kept: string | null;
}

async function list(key: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  if (key !== undefined)
    throw new UsageError('bad-arguments', `Cannot list key ${quote(key)}: expected no name`);
  const stateDir = stateFolder(options, io);
  const keys = listKeys(await LedgerBook.open(stateDir, io));
  const kept = await Promise.all(keys.map(({ role, key }) => keptHere(stateDir, role, key)));
  const listed: Listed[] = keys.map((one, at) => ({ ...one, kept: kept[at] ?? null }));
  if (options.json) printJson(io.out, { keys: listed });
  else {
    const rows = listed.map((one) => [describeHolder(one), one.key, one.kept ?? '-', one.state]);
    io.out.write(formatTable([['of', 'public key', 'kept', 'state'], ...rows]));
  }
  return exitCode.ok;
}

function listKeys({ authority, logKey }: LedgerBook): Omit<Listed, 'kept'>[] {
  const log = { role: 'log', name: 'log', key: logKey, state: 'signs the checkpoints', good: true };
  const deployers = authority
    .deployers()
    .map(({ key, end }) => ({ role: 'deployer', name: 'deployer', key, end }));
  const others = authority.holders().filter(({ role }) => role !== 'deployer' && role !== 'log');
  const judged = [...deployers, ...others].map(({ end, ...one }) => ({
    ...one,
    state: end === undefined ? 'counts' : describeEnd(end),
    good: end === undefined,
  }));
  return [log, ...judged];
}

/** How the private key is kept, if it is here: only the newest of a role is. */
async function keptHere(stateDir: string, role: string, key: string): Promise<string | null> {
  const isHere = role === 'log' || (role === 'deployer' && key === (await readDeployerKey(stateDir)));
  const file = isHere ? await readKeyFile(join(keysFolder(stateDir), `${role}.key`)) : undefined;
  return file === undefined ? null : kinds[file.secret.kind];
}

const kinds = { plain: 'file', passphrase: 'file with passphrase', agent: 'ssh-agent' } as const;

async function revoke(key: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const { reason = '', from } = options;
  const stateDir = stateFolder(options, io);
  const book = await LedgerBook.open(stateDir, io);
  const revoked = await readingInput(() => findKey(key, reason, book));
  const client = await openState(stateDir, io);
  const at = new Date(io.environment.clock()).toISOString();
  const cid = await client.record('revocation', {
    key: revoked.key,
    role: revoked.role,
    name: revoked.name,
    ...(from === undefined ? {} : { fromIndex: from }),
    reason,
    at,
  });
  const { authority } = await client.judge();
  const end = authority.findEnd(revoked.key);
  if (end === undefined)
    throw new NexusError(
      'not-revoked',
      `Cannot revoke key ${quote(revoked.key)}: record "${cid}" counts for nothing`,
    );
  if (options.json) printJson(io.out, { ...revoked, record: cid, fromIndex: end.fromIndex });
  else
    io.out.write(
      `Key ${shortKey(revoked.key)} of ${describeHolder(revoked)} counts no more from record ${end.fromIndex} on.\n`,
    );
  return exitCode.ok;
}

type Holder = ReturnType<LedgerBook['authority']['holders']>[number];

function findKey(
  wanted: string | undefined,
  reason: string,
  book: LedgerBook,
): Pick<Holder, 'role' | 'name' | 'key'> {
  if (wanted === undefined) throw new UsageError('bad-arguments', 'Cannot revoke: no key named');
  if (reason === '' || reason.length > 1000)
    throw new UsageError('bad-reason', 'Cannot revoke without a reason of at most 1000 characters', {
      hint: 'Say why with --reason TEXT: whoever reads the log will ask.',
    });
  const known: Pick<Holder, 'role' | 'name' | 'key' | 'end'>[] = [
    ...book.authority
      .deployers()
      .map(({ key, end }) => ({ role: 'deployer', name: 'deployer', key, end }) as const),
    ...book.authority.holders().filter(({ role }) => role !== 'log'),
  ];
  const current = book.authority.deployers().at(-1)?.key;
  const found =
    known.find(({ key }) => key === wanted) ??
    known.findLast(({ name, end, key }) => name === wanted && end === undefined && key !== current);
  if (found === undefined)
    throw new UsageError(
      'unknown-key',
      `Cannot revoke ${quote(wanted)}: nobody introduced it, or it counts no more`,
      {
        hint: 'Name a node, or a public key that `nexus keys` shows.',
      },
    );
  if (found.key !== current) return found;
  throw new UsageError('own-key', "Cannot revoke the deployer's own key: nobody could sign after it", {
    hint: 'Run `nexus keys rotate deployer` first, then revoke the old key from a record on if it was stolen.',
  });
}
