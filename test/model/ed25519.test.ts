import {
  publicKeyBytes,
  signEd25519,
  signingKeyOfSeed,
  verifyEd25519,
  verifyingKeyOfBytes,
} from '../../model';

/** RFC 8032 section 7.1, TEST 2. */
const vector = {
  seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
  publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  message: '72',
  signature:
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
};
const bytes = (hex: string) => Buffer.from(hex, 'hex');

test('the vector of RFC 8032 comes out', () => {
  const key = signingKeyOfSeed(bytes(vector.seed));
  const signature = signEd25519(key, bytes(vector.message));
  expect(Buffer.from(publicKeyBytes(key)).toString('hex')).toBe(vector.publicKey);
  expect(Buffer.from(signature).toString('hex')).toBe(vector.signature);
});

test('a signature holds for its message and key only, and a wrong size never throws', () => {
  const key = verifyingKeyOfBytes(bytes(vector.publicKey));
  const signature = bytes(vector.signature);
  expect(verifyEd25519(key, bytes('72'), signature)).toBe(true);
  expect(verifyEd25519(key, bytes('73'), signature)).toBe(false);
  expect(verifyEd25519(key, bytes('72'), signature.subarray(1))).toBe(false);
  expect(verifyEd25519(verifyingKeyOfBytes(new Uint8Array(32).fill(255)), bytes('72'), signature)).toBe(
    false,
  );
});

test('keys of another size are refused', () => {
  expect(() => signingKeyOfSeed(new Uint8Array(31))).toThrow('Cannot use an Ed25519 seed of 31 bytes');
  expect(() => verifyingKeyOfBytes(new Uint8Array(33))).toThrow(
    'Cannot use an Ed25519 public key of 33 bytes',
  );
});
