/**
 * The server's certificate for mTLS: made at each start, self-signed, ECDSA on P-256 with SHA-256, valid for
 * `localhost`. X.509 version 3 (RFC 5280) in DER, written by hand: a library for it cost 700 kB in the bundle.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface ServerCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  /** PKCS #8 in PEM. Never leaves the process. */
  readonly privateKeyPem: string;
}

const hourMs = 3_600_000;
/** Longer than any run of Terraform; a debugged provider stays up for days. */
const lifetimeMs = 365 * 24 * hourMs;

/** @param now milliseconds since 1970 */
export function makeCertificate(now: number): ServerCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const body = certificateBody(publicKey, now);
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, signatureAlgorithm, bitString(signature));
  const lines = der
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd();
  return {
    der,
    pem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** TBSCertificate: version, serial, signature algorithm, issuer, validity, subject, public key, extensions. */
function certificateBody(publicKey: KeyObject, now: number): Buffer {
  const name = sequence(tagged(0x31, sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from('localhost')))));
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)]);
  return sequence(
    tagged(0xa0, integer(2)),
    tagged(0x02, serial),
    signatureAlgorithm,
    name,
    sequence(time(now - hourMs), time(now + lifetimeMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions())),
  );
}

function extensions(): Buffer[] {
  const yes = tagged(0x01, Buffer.from([0xff]));
  const digitalSignatureAndCertSign = tagged(0x03, Buffer.from([0x02, 0x84]));
  return [
    extension('2.5.29.19', true, sequence(yes)),
    extension('2.5.29.15', true, digitalSignatureAndCertSign),
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.17', false, sequence(tagged(0x82, Buffer.from('localhost')))),
  ];
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [tagged(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, tagged(0x04, value));
}

/** One DER element: tag, length, content. */
function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = body.length < 0x80 ? [tag, body.length] : [tag, 0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}

function sequence(...content: readonly Buffer[]): Buffer {
  return tagged(0x30, ...content);
}

function integer(value: number): Buffer {
  return tagged(0x02, Buffer.from([value]));
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.from([0]), bytes);
}

/** UTCTime, `YYMMDDhhmmssZ`; good until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  return value < 0x80 ? [value] : [0x80 | (value >> 7), value & 0x7f];
}

/** ecdsa-with-SHA256 */
const signatureAlgorithm = sequence(oid('1.2.840.10045.4.3.2'));
