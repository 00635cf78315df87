import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import { NexusError, publicKeyBytes, signingKeyOfSeed } from '../../../../model';
import { encryptPrivateKey } from '../../../../providers/provchain/keys/encrypted-key';
import { verifierOf } from '../../../../providers/provchain/keys/key';
import { formatKeyFile, type KeyFile, parseKeyFile } from '../../../../providers/provchain/keys/key-file';

const keyOf = (byte: number) => signingKeyOfSeed(new Uint8Array(32).fill(byte));
const verifierOfByte = (byte: number) => verifierOf(publicKeyBytes(keyOf(byte)), 'deployer');
const random = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).fill(0x81);
const passphrase = 'correct horse battery';

async function kinds(): Promise<KeyFile[]> {
  const [verifier, replaces] = [verifierOfByte(1), [verifierOfByte(2), verifierOfByte(3)]];
  const pem = await encryptPrivateKey(keyOf(1), passphrase, random);
  return [
    { verifier, replaces, secret: { kind: 'plain', key: keyOf(1) } },
    { verifier, replaces: [], secret: { kind: 'passphrase', pem } },
    { verifier, replaces, secret: { kind: 'agent' } },
  ];
}

test('each form is written and read back', async () => {
  for (const file of await kinds()) {
    const text = formatKeyFile(file);
    expect(formatKeyFile(parseKeyFile(text, 'x.key'))).toBe(text);
    expect(parseKeyFile(text, 'x.key')).toMatchObject({
      verifier: file.verifier,
      replaces: file.replaces,
      secret: { kind: file.secret.kind },
    });
  }
});

test('a key under a passphrase is opened by node:crypto and by OpenSSL, with that passphrase only', async () => {
  const pem = await encryptPrivateKey(keyOf(1), passphrase, random);
  expect(publicKeyBytes(createPrivateKey({ key: pem, passphrase }))).toEqual(publicKeyBytes(keyOf(1)));
  expect(() => createPrivateKey({ key: pem, passphrase: 'another' })).toThrow();
  const parsed = execFileSync('openssl', ['asn1parse'], { input: pem, encoding: 'utf8' });
  expect(parsed).toMatch(/:PBES2[\s\S]*:scrypt|:id-scrypt/);
  expect(parsed).toContain(':aes-256-cbc');
  const opened = execFileSync('openssl', ['pkey', '-passin', `pass:${passphrase}`], {
    input: pem,
    encoding: 'utf8',
  });
  expect(opened).toBe(keyOf(1).export({ format: 'pem', type: 'pkcs8' }));
});

test('a file whose parts are of different keys is refused', async () => {
  const [plain, locked, agent] = (await kinds()).map(formatKeyFile);
  const otherLine = `verifier: ${formatKeyFile({
    verifier: verifierOfByte(9),
    replaces: [],
    secret: { kind: 'plain', key: keyOf(9) },
  })
    .split('\n')[0]
    ?.slice(10)}`;
  const withOther = (text = ''): string => [otherLine, ...text.split('\n').slice(1)].join('\n');
  expect(() => parseKeyFile(withOther(plain), 'x.key')).toThrow(/its private key is not that of its line/);
  expect(() => parseKeyFile(withOther(agent), 'x.key')).toThrow(
    /the key of the agent is not that of its line/,
  );
  const withoutLine = (text = ''): string => text.split('\n').slice(1).join('\n');
  for (const text of [locked, agent])
    expect(() => parseKeyFile(withoutLine(text), 'x.key')).toThrow(NexusError);
  expect(
    parseKeyFile(keyOf(1).export({ format: 'pem', type: 'pkcs8' }).toString(), 'x.key').replaces,
  ).toEqual([]);
});

test('any other text, and any change of a bit, is a key file or an error of ours', async () => {
  const texts = (await kinds()).map(formatKeyFile);
  const attempt = (text: string): void => {
    try {
      parseKeyFile(text, 'x.key');
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad-key-file' });
    }
  };
  fc.assert(fc.property(fc.string(), attempt));
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.nat(2000), fc.nat(6), (text, at, bit) => {
      const bytes = Buffer.from(text);
      const place = at % bytes.length;
      bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << bit), place);
      attempt(bytes.toString('latin1'));
    }),
  );
});
