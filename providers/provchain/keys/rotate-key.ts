/**
 * Making keys and replacing them. What a new key is called and how it is kept is settled here; that it replaces the old
 * one stands in the log before any file changes, so a rotation that was interrupted is finished by whoever comes next:
 *
 *     1. <role>.key.next     the new key, durable
 *     2. the log             a `key` record, signed with the old key, with the new key's agreement (rotation.ts)
 *     3. <role>.key          the new key takes the old one's place; <role>.pub follows
 *     4. the log             only for the log's own key: its introduction, under a checkpoint that the new key signs
 *     5. <role>.key.next     removed
 *
 * Before 2 nothing has happened. After 2 the old key's signature counts for nothing, so 3 to 5 are made up for before
 * anything else is signed. The log keeps its name, which is the origin of its checkpoints: its new key has the old name
 * and another id.
 */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  createStatement,
  isKind,
  type KeyIntroduction,
  NexusError,
  publicKeyBytes,
  seedSizeBytes,
  signingKeyOfSeed,
} from '../../../model';
import { createDurably, makeFolder, syncFolder, writeDurably } from '../../durable';
import type { NoteVerifier } from '../formats/note';
import type { Ledger } from '../log/ledger';
import type { LedgerPlace } from '../log/ledger-place';
import { openLedgerAt } from '../log/open-ledger';
import { encryptPrivateKey } from './encrypted-key';
import { keyPath, nameOf, openKeyFile, openSigningKey, type Random, verifierOf } from './key';
import { formatKeyFile, type KeyFile, type KeySecret, readKeyFile } from './key-file';
import {
  openRecordSigner,
  type RecordSigner,
  recordSignerOf,
  signStatement,
  type Unlocking,
} from './record-signer';
import { rotationText } from './rotation';

export type RotatedRole = 'log' | 'deployer';

/** How a new key is to be kept. The agent has its key already. */
export type Keeping =
  | { readonly kind: 'plain' }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'agent'; readonly publicKey: Uint8Array };

/** Where a state folder has its keys and its ledger, and what is taken from the machine. */
export interface KeyPlace extends Unlocking {
  readonly keysFolder: string;
  readonly place: LedgerPlace;
  readonly random: Random;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export interface Rotation {
  readonly from: NoteVerifier;
  readonly to: NoteVerifier;
  /** Place of the record in the log. */
  readonly index: number;
  /** Whether an earlier call began it. */
  readonly isResumed: boolean;
}

/** Makes the first key of a role. @throws NexusError `key-exists` */
export async function makeKey(role: RotatedRole, keeping: Keeping, place: KeyPlace): Promise<NoteVerifier> {
  const file = keyPath(place.keysFolder, role);
  await makeFolder(place.keysFolder);
  const { file: made } = await prepareKey(role, keeping, place);
  if (!(await createDurably(file, formatKeyFile(made))))
    throw new NexusError('key-exists', `Cannot make key "${file}": it is there, expected none`, {
      hint: `Replace it with \`nexus keys rotate ${role}\`, which the ledger then knows of.`,
    });
  return (await openKeyFile({ folder: place.keysFolder, role, random: place.random })).verifier;
}

/** Replaces the key of a role; first finishes a rotation that was interrupted, and then does no other. */
export async function rotateKey(role: RotatedRole, keeping: Keeping, place: KeyPlace): Promise<Rotation> {
  const { keysFolder: folder, random, clock } = place;
  const finished = await finishRotation(role, place);
  if (finished !== undefined) return { ...finished, isResumed: true };
  const ledger = await openLedgerAt(place);
  const old = await openRecordSigner({ ...place, folder, role });
  const before = [old, ...(await openKeyFile({ folder, role, random })).replaces];
  const { file, signer } = await prepareKey(role, keeping, place, before);
  await writeDurably(nextPath(folder, role), formatKeyFile(file));
  await ledger.appendSigned(await signStatement(await agreeOn(role, old, signer, clock()), old));
  const rotation = await finishRotation(role, place);
  if (rotation !== undefined) return { ...rotation, isResumed: false };
  throw new NexusError(
    'lost-rotation',
    `Cannot find the rotation of the ${role}'s key that was just recorded`,
  );
}

async function agreeOn(role: RotatedRole, old: RecordSigner, signer: RecordSigner, nowMs: number) {
  const claim = { role, name: role, key: hex(signer), replaces: hex(old) };
  const proof = Buffer.from(await signer.sign(rotationText(claim))).toString('hex');
  return createStatement('key', { ...claim, proof, at: new Date(nowMs).toISOString() });
}

const hex = ({ publicKey }: NoteVerifier): string => Buffer.from(publicKey).toString('hex');

const nextPath = (folder: string, role: RotatedRole): string => `${keyPath(folder, role)}.next`;

/** A new key in the form in which it is kept, and what signs with it. @param replaces the keys before it, newest first */
async function prepareKey(
  role: RotatedRole,
  keeping: Keeping,
  { random, agentSocket }: KeyPlace,
  replaces: readonly NoteVerifier[] = [],
): Promise<{ file: KeyFile; signer: RecordSigner }> {
  const { secret, publicKey, passphrase } = await makeSecret(keeping, random);
  const { name } = role === 'log' && replaces[0] !== undefined ? replaces[0] : verifierOf(publicKey, role);
  const verifier = { name, publicKey };
  const file = {
    verifier,
    replaces: replaces.map((key) => ({ name: key.name, publicKey: key.publicKey })),
    secret,
  };
  const unlocking = { agentSocket, passphrase: async () => passphrase };
  return { file, signer: recordSignerOf(secret, verifier, `new key of the ${role}`, unlocking) };
}

async function makeSecret(
  keeping: Keeping,
  random: Random,
): Promise<{ secret: KeySecret; publicKey: Uint8Array; passphrase: string }> {
  if (keeping.kind === 'agent')
    return { secret: { kind: 'agent' }, publicKey: keeping.publicKey, passphrase: '' };
  const key = signingKeyOfSeed(random(seedSizeBytes));
  const publicKey = publicKeyBytes(key);
  if (keeping.kind === 'plain') return { secret: { kind: 'plain', key }, publicKey, passphrase: '' };
  const { passphrase } = keeping;
  return {
    secret: { kind: 'passphrase', pem: await encryptPrivateKey(key, passphrase, random) },
    publicKey,
    passphrase,
  };
}

/** Steps 3 to 5, when step 2 was done. @returns undefined when there was nothing to finish */
export async function finishRotation(
  role: RotatedRole,
  place: KeyPlace,
): Promise<Omit<Rotation, 'isResumed'> | undefined> {
  const { keysFolder: folder, random } = place;
  const path = nextPath(folder, role);
  const next = await readKeyFile(path);
  if (next === undefined) return undefined;
  const to = nameOf(next, role, path);
  const [from = to] = next.replaces;
  const ledger = await openLedgerAt(place);
  const index = await findRotation(ledger, role, hex(from), hex(to));
  if (index === undefined) return undefined;
  await writeDurably(keyPath(folder, role), formatKeyFile(next));
  await openKeyFile({ folder, role, random });
  if (role === 'log') await introduceLog(place);
  await rm(path, { force: true });
  await syncFolder(dirname(path));
  return { from, to, index };
}

async function findRotation(
  ledger: Ledger,
  role: RotatedRole,
  from: string,
  to: string,
): Promise<number | undefined> {
  for await (const { index, statement, publicKey } of ledger.entries()) {
    if (!isKind(statement, 'key') || hex({ name: '', publicKey }) !== from) continue;
    const { predicate } = statement;
    if (predicate.role === role && predicate.key === to && predicate.replaces === from) return index;
  }
  return undefined;
}

/** The first record under a checkpoint of the new key. */
async function introduceLog(place: KeyPlace): Promise<void> {
  const { keysFolder: folder, random } = place;
  const ledger = await openLedgerAt(place);
  const log = await openSigningKey({ folder, role: 'log', random });
  const introduction: KeyIntroduction = { role: 'log', name: 'log', key: hex(log) };
  await ledger.append(createStatement('key', introduction), log, { once: true });
}
