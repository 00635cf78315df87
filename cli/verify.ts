/** `nexus verify`: what runs, what was built and what was recorded, checked and said in words. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Cid, kindOf, NexusError, parseCid } from '../model';
import { listNodes } from '../providers/deploy';
import { damageCode, parseVerifierKey } from '../providers/provchain';
import { mapBounded } from './bounded';
import { type Check, checkRecord } from './check';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { LedgerBook } from './ledger-book';
import { observedAtOnce } from './observe';
import { formatTable, printJson } from './output';
import { createProgress, type Progress } from './progress';
import { ledgerFolder, readVerifierKey, stateFolder } from './state';
import { readingInput, UsageError } from './usage-error';
import { createVerb } from './verb';
import { verifyArtifact, verifyImageFile } from './verify-image';
import { verifyLedger } from './verify-ledger';
import { verifyNode } from './verify-node';
import { findSubject, type SubjectKind, subjectKinds } from './verify-subject';
import { count, shortCid } from './words';

interface Options extends CommonOptions {
  readonly as?: SubjectKind;
  readonly vkey?: string;
}

/** What the checks work with. */
interface Verifying {
  readonly stateDir: string;
  readonly options: Options;
  readonly io: Io;
  readonly progress: Progress;
}

export function defineVerify(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('verify', 'check nodes, images and the ledger, in words', [
    ['nexus verify', 'everything: the ledger, each node, each image'],
    ['nexus verify n-0', 'a node, by its answer to a fresh nonce'],
    ['nexus verify node.img', 'a file: is it an image that was built here?'],
    ['nexus verify bafk…', 'an image, a cell or a record by its CID'],
    ['nexus verify ledger', 'the ledger, every file and signature of it'],
    ['nexus verify copy/ledger --vkey log.pub', 'a copy of a ledger, with a key kept elsewhere'],
  ])
    .argument('[subject]', 'a node, an image, a record or a ledger')
    .addOption(new Option('--as <kind>', 'what the subject is, where it could be two').choices(subjectKinds))
    .option('--vkey <key>', "the log's verifier key, or a file with it")
    .addHelpText('after', '\nExit code 3: some check does not hold.')
    .action(async (word: string | undefined, options: Options) => end(await verify(word, options, io)));
}

async function verify(word: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const progress = createProgress(io.err, options.json === true);
  const verifying = { stateDir: stateFolder(options, io), options, io, progress };
  const checks = await (word === undefined ? verifyAll(verifying) : verifyOne(word, verifying)).finally(
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
  verifying.progress.step('auditing', 'the ledger');
  const ofLedger = await verifyLedger(ledgerFolder(stateDir), await readVerifierKey(stateDir));
  const book = await openBook(verifying);
  const nodes = await knownNodes(stateDir, book);
  const ofNodes = await mapBounded(nodes, observedAtOnce, (node) => verifyOneNode(node, book, verifying));
  const ofImages = book instanceof LedgerBook ? await verifyImagesOf(nodes, book, stateDir) : [];
  return [...ofLedger, ...ofNodes.flat(), ...ofImages.flat()];
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

/** The ledger's contents, or why they cannot be had. */
async function openBook({ stateDir, io }: Verifying): Promise<LedgerBook | NexusError> {
  return LedgerBook.open(stateDir, io.signal).catch((error: unknown) => {
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
  const here = (await listNodes(stateDir)).map(({ node }) => node);
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
  const isKeyless = folder !== undefined && !existsSync(join(dirname(folder), 'keys', 'log.pub'));
  if (isKeyless && options.vkey === undefined) throw missingKey(folder);
  const ownKey = (): Promise<string> => readVerifierKey(folder === undefined ? stateDir : dirname(folder));
  const verifierKey = options.vkey === undefined ? await ownKey() : await readGivenKey(options.vkey, io);
  progress.step('auditing', 'the ledger');
  return verifyLedger(folder ?? ledgerFolder(stateDir), verifierKey);
}

/** The key itself, or a file with it. */
async function readGivenKey(text: string, { cwd }: Io): Promise<string> {
  return readingInput(async () => {
    const path = resolve(cwd, text);
    const line = existsSync(path) ? (await readFile(path, 'utf8')).trimEnd() : text;
    parseVerifierKey(line);
    return line;
  });
}

function missingKey(folder: string): UsageError {
  return new UsageError(
    'no-verifier-key',
    `Cannot verify the ledger in "${folder}": no key of its log beside it`,
    {
      hint: 'Give it with --vkey: the line of the keys/log.pub of the state folder where the ledger is from.',
    },
  );
}

function formatChecks(checks: readonly Check[]): string {
  const rows = checks.map(({ ok, about, name, detail }) => [ok ? 'ok' : 'FAILS', about, name, detail]);
  return `${formatTable(rows)}\n${closing(checks)}\n`;
}

function closing(checks: readonly Check[]): string {
  const failed = checks.filter(({ ok }) => !ok);
  const abouts = [...new Set(failed.map(({ about }) => about))].join(', ');
  if (checks.length === 1) return failed.length === 0 ? 'The check holds.' : 'The check does not hold.';
  const all = count(checks.length, 'check');
  if (failed.length > 0)
    return `${failed.length} of ${all} ${failed.length === 1 ? 'does' : 'do'} not hold: ${abouts}.`;
  return `All ${all} hold.`;
}
