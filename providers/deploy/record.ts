/**
 * A node's signed records, as they come out of its console and as `nexus verify` checks them:
 *
 *     @nexus record <128 hex digits: Ed25519 signature> <in-toto statement, JSON in one line>
 *
 * The signature is over the DSSE pre-authentication encoding of the statement
 * (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md), with the key that was made for the node.
 */
import { isKind, NexusError, parseStatement, type StatementOf } from '../../model';
import { verifyEnvelope } from '../provchain';

/** A statement and its signature; nothing of it is trusted before {@link verifyNodeRecord}. */
export interface SignedStatement<K extends 'boot' | 'heartbeat' = 'boot' | 'heartbeat'> {
  /** The statement's bytes, exactly as signed. */
  readonly payload: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  readonly statement: { [Kind in K]: StatementOf<Kind> }[K];
}
export type BootRecord = SignedStatement<'boot'>;
export type HeartbeatRecord = SignedStatement<'heartbeat'>;

/** What a record must say. The key must come from elsewhere than the record; the rest is compared when given. */
export interface ExpectedRecord {
  /** 64 hex digits. */
  readonly publicKey: string;
  readonly node?: string;
  /** 64 hex digits: the nonce that was asked with. */
  readonly nonce?: string;
  /** SHA-256 of the image in hex, as in its CID. */
  readonly imageDigest?: string;
  /** SHA-256 of the configuration's stable part in hex. */
  readonly configDigest?: string;
  /** CID of the release. */
  readonly release?: string;
  /** Lowest epoch that is taken. */
  readonly epochMin?: bigint;
}

export type CheckName =
  | 'signature'
  | 'key'
  | 'node'
  | 'nonce'
  | 'image'
  | 'configuration'
  | 'release'
  | 'epoch';

/** One thing that was checked, in words for people. */
export interface RecordCheck {
  readonly name: CheckName;
  readonly ok: boolean;
  readonly detail: string;
}

const linePattern = /^@nexus record ([0-9a-f]{128}) (\{.*\})$/;

/** Inverse of {@link parseRecordLine}, without the line's end. */
export function formatRecordLine({
  payload,
  signature,
}: Pick<SignedStatement, 'payload' | 'signature'>): string {
  return `@nexus record ${Buffer.from(signature).toString('hex')} ${Buffer.from(payload).toString('utf8')}`;
}

/** Inverse of {@link formatRecordLine} on a line from a node's console. @throws NexusError `bad-record` */
export function parseRecordLine(line: string): SignedStatement {
  const [, signature, json] = linePattern.exec(line) ?? [];
  if (signature === undefined || json === undefined)
    throw new NexusError(
      'bad-record',
      'Cannot read a record line: expected "@nexus record", signature, JSON',
    );
  return recordOf(Buffer.from(json, 'utf8'), Buffer.from(signature, 'hex'));
}

/** @throws NexusError `bad-record` when the payload is no statement of a node */
export function recordOf(payload: Uint8Array, signature: Uint8Array): SignedStatement {
  const statement = parseStatement(payload);
  if (!isKind(statement, 'boot') && !isKind(statement, 'heartbeat'))
    throw new NexusError(
      'bad-record',
      `Cannot use a record of type "${statement.predicateType}": no node's own`,
    );
  return { payload: new Uint8Array(payload), signature: new Uint8Array(signature), statement };
}

export function isBoot(record: SignedStatement): record is BootRecord {
  return isKind(record.statement, 'boot');
}

export function isHeartbeat(record: SignedStatement): record is HeartbeatRecord {
  return isKind(record.statement, 'heartbeat');
}

/** Whether the signature is that of the key. @param publicKey 64 hex digits */
export function hasValidSignature(
  record: Pick<SignedStatement, 'payload' | 'signature'>,
  publicKey: string,
): boolean {
  return verifyEnvelope(record, Buffer.from(publicKey, 'hex'));
}

/** Checks everything that was expected, also after a failure, so that people see all that held and did not. */
export function verifyNodeRecord(record: SignedStatement, expected: ExpectedRecord): RecordCheck[] {
  const { predicate, subject } = record.statement;
  const nonce = isBoot(record) ? record.statement.predicate.nonce : undefined;
  return [
    checkSignature(record, expected.publicKey),
    compare('key', predicate.key, expected.publicKey),
    ...compareIfExpected('node', predicate.node, expected.node),
    ...compareIfExpected('nonce', nonce ?? 'no nonce (a heartbeat)', expected.nonce),
    ...compareIfExpected('image', subject[0]?.digest.sha256 ?? 'nothing', expected.imageDigest),
    ...compareIfExpected('configuration', predicate.config, expected.configDigest),
    ...compareIfExpected('release', predicate.release, expected.release),
    ...checkEpoch(predicate.epoch, expected.epochMin),
  ];
}

/** The failed checks in one sentence, or undefined when all held. */
export function describeFailures(checks: readonly RecordCheck[]): string | undefined {
  const failed = checks.filter((check) => !check.ok);
  return failed.length === 0 ? undefined : failed.map((check) => `${check.name}: ${check.detail}`).join('; ');
}

function checkSignature(record: SignedStatement, publicKey: string): RecordCheck {
  const ok = hasValidSignature(record, publicKey);
  const detail = ok ? `made with the node's key ${publicKey}` : `not made with the node's key ${publicKey}`;
  return { name: 'signature', ok, detail };
}

function compareIfExpected(name: CheckName, actual: string, expected: string | undefined): RecordCheck[] {
  return expected === undefined ? [] : [compare(name, actual, expected)];
}

function compare(name: CheckName, actual: string, expected: string): RecordCheck {
  const ok = actual === expected;
  return { name, ok, detail: ok ? `${actual}, as expected` : `${actual}, expected ${expected}` };
}

function checkEpoch(actual: string, epochMin: bigint | undefined): RecordCheck[] {
  if (epochMin === undefined) return [];
  const ok = BigInt(actual) >= epochMin;
  return [
    { name: 'epoch', ok, detail: ok ? `start ${actual}` : `start ${actual}, expected at least ${epochMin}` },
  ];
}
