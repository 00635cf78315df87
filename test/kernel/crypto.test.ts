/** The kernel's cryptography on this machine, against published vectors and against OpenSSL (node:crypto). */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Point } from '@noble/ed25519';
import { publicKeyBytes, sha256, signEd25519, signingKeyOfSeed } from '../../model';
import { buildCryptoHost, type CryptoHost } from './_crypto-host';

const vectors = join(__dirname, '../vectors');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const field = (bytes: Uint8Array): string => (bytes.length === 0 ? '-' : hex(bytes));
/** Bytes that look random and are the same in every run. */
const bytesOf = (seed: string, sizeBytes: number): Buffer =>
  createHash('shake256', { outputLength: sizeBytes }).update(seed).digest();

let host: CryptoHost;
beforeAll(async () => {
  host = await buildCryptoHost();
});
afterAll(() => host.remove());

test.each(['sha256', 'sha512'])('%s agrees with OpenSSL for every length to 400 bytes', (name) => {
  const messages = Array.from({ length: 401 }, (_, length) => bytesOf(name, length));
  const expected = messages.map((message) => createHash(name).update(message).digest('hex'));
  expect(host.ask(messages.map((message) => `${name} ${field(message)}`))).toEqual(expected);
});

test('SipHash-2-4-128 gives all 64 vectors of its authors', () => {
  const file: { key: string; vectors: string[] } = JSON.parse(
    readFileSync(join(vectors, 'siphash/sip128.json'), 'utf8'),
  );
  const message = Uint8Array.from(file.vectors.keys());
  const requests = file.vectors.map(
    (_, length) => `siphash ${file.key} ${field(message.subarray(0, length))}`,
  );
  expect(file.vectors).toHaveLength(64);
  expect(host.ask(requests)).toEqual(file.vectors);
});

/** RFC 8032, section 7.1: seed, public key, message, signature. */
const rfc8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '-',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

test('Ed25519 gives the vectors of RFC 8032', () => {
  for (const [seed, key, message, signature] of rfc8032) {
    const answers = host.ask([
      `public ${seed}`,
      `sign ${seed} ${message}`,
      `verify ${key} ${signature} ${message}`,
    ]);
    expect(answers).toEqual([key, signature, 'accept']);
  }
});

test('Ed25519 signs as OpenSSL does, for 400 keys and messages of every length to 400 bytes', () => {
  const cases = Array.from({ length: 400 }, (_, length) => ({
    seed: bytesOf(`seed ${length}`, 32),
    message: bytesOf(`message ${length}`, length),
  }));
  const expected = cases.map(({ seed, message }) => hex(signEd25519(signingKeyOfSeed(seed), message)));
  const requests = cases.map(({ seed, message }) => `sign ${hex(seed)} ${field(message)}`);
  expect(host.ask(requests)).toEqual(expected);
});

test('a signature with any byte of it, of the key or of the message changed is rejected', () => {
  const [seed, message] = [sha256(Buffer.from('seed')), Buffer.from('message')];
  const parts = [
    publicKeyBytes(signingKeyOfSeed(seed)),
    signEd25519(signingKeyOfSeed(seed), message),
    message,
  ];
  const changes = parts.flatMap((part, index) =>
    Array.from(part, (_, at) => parts.map((other, place) => (place === index ? changed(other, at) : other))),
  );
  const requests = [parts, ...changes].map((fields) => `verify ${fields.map(hex).join(' ')}`);
  expect(host.ask(requests)).toEqual(['accept', ...changes.map(() => 'reject')]);
});

function changed(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte));
}

interface EdgeCase {
  readonly key: string;
  readonly sig: string;
  readonly msg: string;
  readonly flags: readonly string[] | null;
}

describe('the rule of verification, over the 914 edge cases of C2SP/CCTV', () => {
  const cases: EdgeCase[] = JSON.parse(
    gunzipSync(readFileSync(join(vectors, 'ed25519/cctv.json.gz'))).toString('utf8'),
  );
  const ask = (): string[] =>
    host.ask(cases.map(({ key, sig, msg }) => `verify ${key} ${sig} ${field(Buffer.from(msg))}`));

  test('it accepts what has none of the four flags it rejects', () => {
    const rejected = ['low_order_A', 'non_canonical_A', 'non_canonical_R', 'low_order_residue'];
    const verdicts = ask();
    console.info(
      `verdicts of the kernel, A accept, R reject, in the order of the vectors:\n${wrapped(verdicts)}`,
    );
    expect(cases).toHaveLength(914);
    expect(verdicts).toEqual(
      cases.map(({ flags }) => (rejected.some((flag) => flags?.includes(flag)) ? 'reject' : 'accept')),
    );
    expect(verdicts.filter((verdict) => verdict === 'accept')).toHaveLength(86);
  });

  test('it accepts what OpenSSL accepts, when the key is canonical and of no small order', () => {
    expect(ask()).toEqual(cases.map((edge) => (isAcceptedByRule(edge) ? 'accept' : 'reject')));
  });
});

/** The rule from parts that nobody here wrote: OpenSSL's equation, noble's points. */
function isAcceptedByRule({ key, sig, msg }: EdgeCase): boolean {
  try {
    if (Point.fromHex(key, false).isSmallOrder()) return false;
  } catch {
    return false;
  }
  const spki = Buffer.from(`302a300506032b6570032100${key}`, 'hex');
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return verify(null, Buffer.from(msg), publicKey, Buffer.from(sig, 'hex'));
}

function wrapped(verdicts: readonly string[]): string {
  const letters = verdicts.map((verdict) => (verdict === 'accept' ? 'A' : 'R')).join('');
  return letters.match(/.{1,100}/g)?.join('\n') ?? '';
}
