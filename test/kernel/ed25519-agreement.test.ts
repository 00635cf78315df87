/**
 * One rule for Ed25519 in three implementations: OpenSSL under model/ed25519.ts, the points of @noble/ed25519, and the
 * kernel's C give the same verdict on all edge cases of C2SP/CCTV and on what chance makes of them.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Point, verifyAsync } from '@noble/ed25519';
import * as fc from 'fast-check';
import { publicKeyBytes, sha256, signEd25519, signingKeyOfSeed, verifyEd25519 } from '../../model';
import { littleEndian, times, verifyByPoints } from '../model/_ed25519-by-points';
import { buildCryptoHost, type CryptoHost } from './_crypto-host';

interface Case {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

let kernel: CryptoHost;
beforeAll(async () => {
  kernel = await buildCryptoHost();
});
afterAll(() => kernel.remove());

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

function askKernel(cases: readonly Case[]): boolean[] {
  const lines = cases.map(
    ({ key, message, signature }) =>
      `verify ${hex(key)} ${hex(signature)} ${message.length === 0 ? '-' : hex(message)}`,
  );
  return kernel.ask(lines).map((answer) => answer === 'accept');
}

/** The verdicts, which are those of all three. */
function verdictsOf(cases: readonly Case[]): boolean[] {
  const ours = cases.map(({ key, message, signature }) => verifyEd25519(key, message, signature));
  const byPoints = cases.map(({ key, message, signature }) => verifyByPoints(key, message, signature));
  const byKernel = askKernel(cases);
  const split = cases.filter((_, at) => new Set([ours[at], byPoints[at], byKernel[at]]).size > 1);
  expect(split.map(({ key, message, signature }) => [key, message, signature].map(hex))).toEqual([]);
  return ours;
}

const vectorFile = join(__dirname, '../vectors/ed25519/cctv.json.gz');
const vectors: readonly Case[] = (
  JSON.parse(gunzipSync(readFileSync(vectorFile)).toString()) as { key: string; sig: string; msg: string }[]
).map(({ key, sig, msg }) => ({
  key: bytesOf(key),
  message: new Uint8Array(Buffer.from(msg)),
  signature: bytesOf(sig),
}));

const honest: readonly Case[] = Array.from({ length: 32 }, (_, at) => {
  const seed = signingKeyOfSeed(sha256(Buffer.from(`seed ${at}`)));
  const message = createHash('shake256', { outputLength: at }).update('message').digest();
  return { key: publicKeyBytes(seed), message, signature: signEd25519(seed, message) };
});

test('the 914 edge cases: 86 are accepted, by all three', () => {
  expect(vectors).toHaveLength(914);
  expect(verdictsOf(vectors).filter(Boolean)).toHaveLength(86);
});

test('what the rule accepts, the verifier of @noble/ed25519 accepts as well, strict and not', async () => {
  const verdicts = verdictsOf(vectors);
  const accepted = [...vectors.filter((_, at) => verdicts[at]), ...honest];
  expect(accepted).toHaveLength(86 + 32);
  for (const zip215 of [false, true])
    for (const { key, message, signature } of accepted)
      expect(await verifyAsync(signature, message, key, { zip215 })).toBe(true);
});

const parts = ['key', 'message', 'signature'] as const;
const order = Point.CURVE().n;
const toBytes = (value: bigint): Uint8Array =>
  bytesOf(BigInt.asUintN(256, value).toString(16).padStart(64, '0')).reverse();

const withS = (base: Case, s: bigint): Case => ({
  ...base,
  signature: new Uint8Array([...base.signature.subarray(0, 32), ...toBytes(s)]),
});

function flipped(base: Case, part: (typeof parts)[number], bit: number): Case {
  const bytes = base[part].slice();
  if (bytes.length === 0) return base;
  const at = bit % (bytes.length * 8);
  bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
  return { ...base, [part]: bytes };
}

const base = fc.oneof(fc.constantFrom(...honest), fc.constantFrom(...vectors));
const mutation = fc.oneof(
  fc.tuple(base, fc.constantFrom(...parts), fc.nat()).map(([from, part, bit]) => flipped(from, part, bit)),
  // The sign bits and the highest bits of S, where encodings stop to be canonical.
  fc
    .tuple(
      base,
      fc.constantFrom('key' as const, 'signature' as const),
      fc.constantFrom(255, 254, 511, 510, 508),
    )
    .map(([from, part, bit]) => flipped(from, part, bit)),
  fc
    .tuple(base, fc.integer({ min: -2, max: 14 }))
    .map(([from, factor]) => withS(from, littleEndian(from.signature.subarray(32)) + BigInt(factor) * order)),
  fc.tuple(base, base).map(([from, { key }]) => ({ ...from, key })),
  fc.tuple(base, base).map(([from, { message }]) => ({ ...from, message })),
  fc.tuple(base, base).map(([from, { signature }]) => ({
    ...from,
    signature: new Uint8Array([...signature.subarray(0, 32), ...from.signature.subarray(32)]),
  })),
  fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    message: fc.uint8Array({ maxLength: 40 }),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  }),
);

test('all three agree on 1,500 mutations', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 150, maxLength: 150 }), (cases) => {
      verdictsOf(cases);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

/** A point of order 8. */
const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', false);

/**
 * Signatures by keys and over nonces with a part of small order, as nobody honest makes them: S·B = R + k·A holds up to
 * a point of small order, so with the cofactor always, and without it when those parts cancel out by chance.
 */
function mixedOrder(number: number): Case {
  const digest = (text: string): bigint =>
    littleEndian(createHash('sha512').update(`${text} ${number}`).digest()) % order;
  const [secret, nonce] = [digest('secret'), digest('nonce')];
  const add = (point: Point, count: number): Point => point.add(times(torsion, BigInt(count)));
  const key = add(times(Point.BASE, secret), number % 8).toBytes();
  const r = add(times(Point.BASE, nonce), Math.floor(number / 8) % 8).toBytes();
  const message = new Uint8Array(Buffer.from(String(number)));
  const k = littleEndian(createHash('sha512').update(r).update(key).update(message).digest()) % order;
  const s = (nonce + k * secret) % order;
  return { key, message, signature: new Uint8Array([...r, ...toBytes(s)]) };
}

test('all three agree on 512 signatures by keys of mixed order, of which about one in eight holds', () => {
  const accepted = verdictsOf(Array.from({ length: 512 }, (_, number) => mixedOrder(number))).filter(Boolean);
  expect(accepted.length).toBeGreaterThan(30);
  expect(accepted.length).toBeLessThan(130);
});
