/** `nexus verify`: what runs, what was built and what was recorded, checked and said in words. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Cid, kindOf, NexusError, parseCid } from '../model';
import { listNodes } from '../providers/deploy';
import { damageCode, parseVerifierKey } from '../providers/provchain';
import { mapBounded } from './bounded';
import { type Check, checkRecord, formatChecks } from './check';
import { isHeartbeatProofFile, verifyHeartbeatFile } from './heartbeat-proof';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { LedgerBook } from './ledger-book';
import { createMeter } from './meter';
import { observedAtOnce } from './observe';
import { printJson } from './output';
import { createProgress, type Progress } from './progress';
import {
  ledgerPlace,
  ledgerPolicyFile,
  readDeployerKey,
  readLogKey,
  readVerifierKey,
  stateFolder,
} from './state';
import { UsageError } from './usage-error';
import { createLedgerVerb, parseCount, withLedger } from './verb';
import { chooseKey, gather, readPolicy, readVerifiers } from './verifier-keys';
import { verifyArtifact, verifyImageFile } from './verify-image';
import { verifyLedger } from './verify-ledger';
import { verifyNode } from './verify-node';
import { isProofFile, verifyProofFile } from './verify-proof';
import { findSubject, type SubjectKind, subjectKinds } from './verify-subject';
import { asksForTiled, isAddress, type TiledOptions, verifyTiled } from './verify-tiled';
import { shortCid } from './words';

interface Options extends CommonOptions, TiledOptions {
  readonly as?: SubjectKind;
  readonly vkey?: readonly string[];
}

/** What the checks work with. */
interface Verifying {
  readonly stateDir: string;
  readonly options: Options;
  readonly io: Io;
  readonly progress: Progress;
}

export function defineVerify(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('verify', 'check nodes, images, records and ledgers, in words', [
    ['nexus verify', 'everything: ledger, nodes, images'],
    ['nexus verify n-0', 'a node, by its answer to a fresh nonce'],
    ['nexus verify node.img', 'a file: an image that was built here?'],
    ['nexus verify bafk…', 'an image, a cell or a record by its CID'],
    ['nexus verify boot.proof --vkey log.pub', 'what `nexus prove` wrote; no network'],
    ['nexus verify ledger', 'the ledger, every file and signature'],
    ['nexus verify copy/ledger --vkey log.pub', 'a copy, with a key kept elsewhere'],
    ['nexus verify https://log.example --vkey KEY', "anybody's tiled log"],
  ])
    .argument('[subject]', 'a node, an image, a record, a proof or a log')
    .addOption(new Option('--as <kind>', 'what the subject is, where it could be two').choices(subjectKinds))
    .option('--vkey <key>', "the log's verifier key, or a file with it; may be repeated", gather)
    .option('--origin <name>', "the log's name, where it is not its key's")
    .option('--sample <n>', 'of a log only so many entries, picked by chance', parseCount)
    .option('--since <file>', 'a checkpoint seen before, which the log must extend')
    .option('--remember <file>', 'compare with this checkpoint, then keep the new one there')
    .option('--hashes-only', 'of a log that gives out no entries')
    .addHelpText('after', '\nExit code 3: some check does not hold.')
    .action(async (word: string | undefined, options: Options) =>
      end(await verify(word, options, withLedger(options, io))),
    );
}

async function verify(word: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const progress = createProgress(io.err, options.json === true);
  const verifying = { stateDir: stateFolder(options, io), options, io, progress };
  const checks = await (word === undefined ? verifyAll(verifying) : verifyNamed(word, verifying)).finally(
    progress.clear,
  );
  const holds = checks.every(({ ok }) => ok);
  if (options.json) printJson(io.out, { checks, holds });
  else io.out.write(formatChecks(checks));
  return holds ? exitCode.ok : exitCode.no;
}

/** The ledger first: when it is damaged, nothing that it says speaks for a node or an image. */
async function verifyAll(verifying: Verifying): Promise<Check[]> {
  const { stateDir } = verifying;
  const ofLedger = await verifyOwnLedger(verifying);
  const book = await openBook(verifying);
  const nodes = await knownNodes(stateDir, book);
  const ofNodes = await mapBounded(nodes, observedAtOnce, (node) => verifyOneNode(node, book, verifying));
  const ofImages = book instanceof LedgerBook ? await verifyImagesOf(nodes, book, stateDir) : [];
  return [...ofLedger, ...ofNodes.flat(), ...ofImages.flat()];
}

/** What a server gives out is checked like any tiled log; it has no list of its files. */
async function verifyOwnLedger(verifying: Verifying): Promise<Check[]> {
  const { stateDir, options, io, progress } = verifying;
  const place = ledgerPlace(stateDir, io);
  const policy = ledgerPolicyFile(stateDir, place, io);
  const verifierKey =
    place.kind === 'folder' ? await readVerifierKey(stateDir, place.folder) : await readLogKey(stateDir);
  if (place.kind === 'server')
    return verifyTiled(place.url, [parseVerifierKey(verifierKey)], { ...options, policy }, io, progress);
  return verifyLedger(place, verifierKey, {
    ...auditing(verifying),
    policy: policy === undefined ? undefined : await readPolicy(policy, io.cwd),
  });
}

/** An address and a proof tell by themselves what they are: neither needs a state folder. */
async function verifyNamed(word: string, verifying: Verifying): Promise<Check[]> {
  const { options, io } = verifying;
  const path = resolve(io.cwd, word);
  if (isAddress(word)) return verifyLogAt(word, verifying);
  if (options.as === undefined && isProofFile(path)) return verifyProof(word, path, verifying);
  if (options.as === undefined && isHeartbeatProofFile(path)) {
    const keys = options.vkey ?? [await readLogKey(verifying.stateDir)];
    return verifyHeartbeatFile(word, path, await readVerifiers(keys, io.cwd));
  }
  return verifyOne(word, verifying);
}

async function verifyProof(file: string, path: string, verifying: Verifying): Promise<Check[]> {
  const { stateDir, options, io } = verifying;
  const { NEXUS_POLICY: policy } = io.env;
  const ownKey = options.vkey ?? (policy ? [] : [await readLogKey(stateDir)]);
  return verifyProofFile(file, path, {
    verifiers: await readVerifiers(ownKey, io.cwd),
    policy: policy ? await readPolicy(policy, io.cwd) : undefined,
    deployerKey: await readDeployerKey(stateDir),
    openBook: () => LedgerBook.open(stateDir, io),
  });
}

/** @param place a folder or an address */
async function verifyLogAt(place: string, { options, io, progress }: Verifying): Promise<Check[]> {
  return verifyTiled(place, await readVerifiers(options.vkey ?? [], io.cwd), options, io, progress);
}

async function verifyOne(word: string, verifying: Verifying): Promise<Check[]> {
  const { stateDir, options, io } = verifying;
  const book = await openBook(verifying);
  const subject = findSubject(word, await knownNodes(stateDir, book), io.cwd, options.as);
  switch (subject.kind) {
    case 'ledger':
      return verifyLedgerIn(subject.folder, verifying);
    case 'node':
      return verifyOneNode(subject.node, book, verifying);
    case 'file':
      return verifyImageFile(subject.file, subject.path, requireBook(book));
    case 'cid':
      return verifyCid(subject.cid, requireBook(book), stateDir);
  }
}

const auditing = ({ io, progress }: Verifying) => ({
  onProgress: createMeter(progress, io.environment.clock),
  signal: io.signal,
});

/** The ledger's contents, or why they cannot be had. */
async function openBook({ stateDir, io }: Verifying): Promise<LedgerBook | NexusError> {
  return LedgerBook.open(stateDir, io).catch((error: unknown) => {
    if (error instanceof NexusError && [damageCode, 'no-ledger'].includes(error.code)) return error;
    throw error;
  });
}

function requireBook(book: LedgerBook | NexusError): LedgerBook {
  if (book instanceof LedgerBook) return book;
  throw book;
}

/** The nodes of this host, and those that the ledger says are deployed: one that vanished is to be missed. */
async function knownNodes(stateDir: string, book: LedgerBook | NexusError): Promise<string[]> {
  const here = await listNodes(stateDir);
  const recorded = book instanceof LedgerBook ? book.deployedNodes() : [];
  return [...new Set([...here, ...recorded])].sort();
}

async function verifyOneNode(
  node: string,
  book: LedgerBook | NexusError,
  { stateDir, io, progress }: Verifying,
): Promise<Check[]> {
  progress.step('asking', `node ${node}`);
  return verifyNode(node, stateDir, book instanceof LedgerBook ? book : undefined, io);
}

async function verifyImagesOf(
  nodes: readonly string[],
  book: LedgerBook,
  stateDir: string,
): Promise<Check[][]> {
  const deployed = nodes.map((node) => book.findDeployment(node)?.statement.predicate);
  const images = deployed.flatMap((stands) => (stands?.outcome === 'deployed' ? parseCid(stands.image) : []));
  return Promise.all([...new Set(images)].map((cid) => verifyArtifact(cid, book, storeFolder(stateDir))));
}

const storeFolder = (stateDir: string): string => join(stateDir, 'store');

/** A CID is that of a record, or else of an image or a cell. */
async function verifyCid(cid: Cid, book: LedgerBook, stateDir: string): Promise<Check[]> {
  const entry = book.find(cid);
  if (entry === undefined) return verifyArtifact(cid, book, storeFolder(stateDir));
  const found = `a ${kindOf(entry.statement)} record, signed by ${book.signerOf(entry)}`;
  const recorded = { about: shortCid(cid), name: 'recorded' };
  const voidness = book.voidness(entry);
  return [
    await checkRecord(recorded, entry, book, { found, missing: '' }),
    ...(voidness === undefined ? [] : [{ ...recorded, name: 'signer', ok: false, detail: voidness }]),
  ];
}

/** @param folder the ledger of the state folder when undefined */
async function verifyLedgerIn(folder: string | undefined, verifying: Verifying): Promise<Check[]> {
  const { stateDir, options, io, progress } = verifying;
  const own = ledgerPlace(stateDir, io);
  if (folder === undefined && own.kind !== 'folder') return verifyOwnLedger(verifying);
  const home = folder === undefined ? stateDir : dirname(folder);
  const place = folder ?? (own.kind === 'folder' ? own.folder : '');
  const given = await readVerifiers(options.vkey ?? [], io.cwd);
  const hasKey = existsSync(join(home, 'keys', 'log.pub'));
  if (asksForTiled(options) || !isOurs(place)) {
    const own = given.length === 0 && hasKey ? [parseVerifierKey(await readVerifierKey(home))] : [];
    return verifyTiled(place, [...given, ...own], options, io, progress);
  }
  if (!hasKey && given.length === 0 && folder !== undefined) throw missingKey(folder);
  const verifierKey =
    chooseKey(given, readIfThere(join(place, 'checkpoint'))) ?? (await readVerifierKey(home));
  return verifyLedger({ kind: 'folder', folder: place }, verifierKey, auditing(verifying));
}

/** A ledger's own folder has more than what a log gives out: commits and records. */
function isOurs(folder: string): boolean {
  return ['commits', 'records', 'head'].some((name) => existsSync(join(folder, name)));
}

const readIfThere = (file: string): Uint8Array | undefined =>
  existsSync(file) ? readFileSync(file) : undefined;

function missingKey(folder: string): UsageError {
  return new UsageError(
    'no-verifier-key',
    `Cannot verify the ledger in "${folder}": no key of its log beside it`,
    {
      hint: 'Give it with --vkey: the line of the keys/log.pub of the state folder where the ledger is from.',
    },
  );
}
