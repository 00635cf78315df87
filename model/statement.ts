/**
 * The bytes of a record: an in-toto statement v1 as JSON in one line, without spaces, keys in a fixed order:
 *
 *     {"_type":"https://in-toto.io/Statement/v1","subject":[{"name":…,"digest":{"sha256":…}}],
 *      "predicateType":"https://factory.nexus.internal/provchain/<kind>/v1","predicate":{…}}
 *
 * One value has one text, so the CID of a record is that of its content. The kernel writes the same bytes in C.
 */
import { createHash } from 'node:crypto';
import { type Cid, cidOfRaw, digestOfCid, parseCid } from './cid';
import { NexusError, quote } from './error';
import { compareNames } from './name';
import { type Predicates, predicateShapes, type RecordKind, recordKinds } from './record';
import { list, object, oneOf, prose, readShape, type Shape, text } from './shape';

export const statementType = 'https://in-toto.io/Statement/v1';
/** The DSSE payload type of every record. */
export const statementMediaType = 'application/vnd.in-toto+json';
export const statementSizeBytesMax = 1024 * 1024;

export type PredicateType<K extends RecordKind = RecordKind> =
  `https://factory.nexus.internal/provchain/${K}/v1`;

/** What a record is about: a thing by its name and SHA-256. */
export interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

export interface StatementOf<K extends RecordKind> {
  readonly _type: typeof statementType;
  readonly subject: readonly Subject[];
  readonly predicateType: PredicateType<K>;
  readonly predicate: Predicates[K];
}
/** A record of any kind; `predicateType` tells which. */
export type Statement = { [K in RecordKind]: StatementOf<K> }[RecordKind];

/** The kinds that a node signs: their subject is what the node measured, which the predicate does not say. */
export type MeasuredKind = 'boot' | 'heartbeat';

export function predicateType<K extends RecordKind>(kind: K): PredicateType<K> {
  return `https://factory.nexus.internal/provchain/${kind}/v1`;
}

/** Inverse of {@link predicateType}. @throws NexusError `bad-record` */
export function kindOfPredicateType(type: string): RecordKind {
  const kind = recordKinds.find((candidate) => predicateType(candidate) === type);
  if (kind !== undefined) return kind;
  throw new NexusError(
    'bad-record',
    `Cannot read predicate type ${quote(type)}: no kind of record is named so`,
  );
}

export function kindOf(statement: Statement): RecordKind {
  return kindOfPredicateType(statement.predicateType);
}

/** Narrows a statement to one kind. */
export function isKind<K extends RecordKind>(
  statement: Statement,
  kind: K,
): statement is Extract<Statement, StatementOf<K>> {
  return statement.predicateType === predicateType(kind);
}

/** A statement whose subject follows from its predicate. */
export function createStatement<K extends Exclude<RecordKind, MeasuredKind>>(
  kind: K,
  predicate: Predicates[K],
): StatementOf<K> {
  return assemble(kind, predicate, subjectsOf(kind, predicate) ?? []);
}

/** A node's statement about itself. @param imageDigest SHA-256 of the running image, in hex */
export function createMeasuredStatement<K extends MeasuredKind>(
  kind: K,
  predicate: Predicates[K],
  imageDigest: string,
): StatementOf<K> {
  return assemble(kind, predicate, [{ name: predicate.node, digest: { sha256: imageDigest } }]);
}

function assemble<K extends RecordKind>(
  kind: K,
  predicate: Predicates[K],
  subject: readonly Subject[],
): StatementOf<K> {
  return { _type: statementType, subject, predicateType: predicateType(kind), predicate };
}

/**
 * The canonical bytes of a statement. Inverse: {@link parseStatement}.
 * @throws NexusError `bad-record` on a statement that does not hold its kind's shape
 */
export function formatStatement(statement: Statement): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(checkStatement(statement)));
}

/**
 * Inverse of {@link formatStatement} on bytes from outside: it takes canonical bytes only, so that a record cannot
 * have two CIDs. @throws NexusError `bad-record`
 */
export function parseStatement(bytes: Uint8Array): Statement {
  if (bytes.length > statementSizeBytesMax)
    throw badRecord(`${bytes.length} bytes, expected at most ${statementSizeBytesMax}`);
  const statement = checkStatement(decodeJson(bytes));
  if (Buffer.compare(formatStatement(statement), bytes) === 0) return statement;
  throw badRecord('not in canonical form, expected one line without spaces and its keys in the fixed order');
}

/** The ledger's name of a record. */
export function cidOfStatement(statement: Statement): Cid {
  return cidOfRaw(formatStatement(statement));
}

function badRecord(reason: string): NexusError {
  return new NexusError('bad-record', `Cannot read a record: ${reason}`, {
    hint: 'It was changed, or is not of this system.',
  });
}

function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw badRecord('not JSON in UTF-8');
  }
}

const envelope = object({
  _type: oneOf([statementType]),
  subject: list(
    object({ name: prose(200), digest: object({ sha256: text(/^[0-9a-f]{64}$/, '64 hex digits') }) }),
    4096,
  ),
  predicateType: oneOf(recordKinds.map(predicateType)),
  predicate: ((value) => value) satisfies Shape<unknown>,
});

function checkStatement(value: unknown): Statement {
  const { subject, predicateType: type, predicate } = readShape(envelope, value, 'bad-record');
  const kind = kindOfPredicateType(type);
  const checked = readShape<Predicates[RecordKind]>(predicateShapes[kind], predicate, 'bad-record');
  checkSubject(kind, checked, subject);
  return { _type: statementType, subject, predicateType: type, predicate: checked } as Statement;
}

/** A statement about another thing than its predicate would mislead whoever looks up the subject alone. */
function checkSubject(
  kind: RecordKind,
  predicate: Predicates[RecordKind],
  subject: readonly Subject[],
): void {
  const expected = subjectsOf(kind, predicate);
  const agrees =
    expected === undefined
      ? subject.length === 1 && subject[0]?.name === (predicate as Predicates[MeasuredKind]).node
      : JSON.stringify(subject) === JSON.stringify(expected);
  if (!agrees) throw badRecord(`its subject is not what its ${kind} predicate speaks of`);
}

/** The subjects that follow from a predicate; undefined where the subject is a measurement. */
function subjectsOf(kind: RecordKind, predicate: Predicates[RecordKind]): readonly Subject[] | undefined {
  const derive = subjectRules[kind] as
    | ((predicate: Predicates[RecordKind]) => readonly Subject[])
    | undefined;
  return derive?.(predicate);
}

const subjectRules: { readonly [K in RecordKind]?: (predicate: Predicates[K]) => readonly Subject[] } = {
  artifact: ({ name, cid }) => [subjectOfCid(name, cid)],
  release: ({ images }) =>
    Object.entries(images)
      .sort(([left], [right]) => compareNames(left, right))
      .map(([name, { image }]) => subjectOfCid(name, image)),
  deployment: ({ node, image }) => [subjectOfCid(node, image)],
  'heartbeat-interval': ({ site, root }) => [{ name: site, digest: { sha256: root } }],
  rollback: ({ to }) => [subjectOfCid('release', to)],
  key: ({ name, key }) => [subjectOfKey(name, key)],
  revocation: ({ name, key }) => [subjectOfKey(name, key)],
  floor: ({ release }) => [subjectOfCid('release', release)],
};

function subjectOfKey(name: string, key: string): Subject {
  return { name, digest: { sha256: sha256Hex(Buffer.from(key, 'hex')) } };
}

function subjectOfCid(name: string, cid: string): Subject {
  return { name, digest: { sha256: Buffer.from(digestOfCid(parseCid(cid))).toString('hex') } };
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
