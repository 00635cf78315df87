/** Names of registries, the credentials for them, and what their challenges ask. */
import * as fc from 'fast-check';
import { credentialsOf, parseReference } from '../../../../providers/store';
import { parseChallenge } from '../../../../providers/store/oci/auth';

test('plain HTTP is for this machine, or where it is asked for', () => {
  expect(parseReference('registry.example/team/builds:v1')).toEqual({
    origin: 'https://registry.example',
    host: 'registry.example',
    repository: 'team/builds',
    tag: 'v1',
  });
  for (const host of ['localhost:5000', '127.0.0.1', '[::1]:5000'])
    expect(parseReference(`${host}/a`).origin).toBe(`http://${host}`);
  expect(parseReference('registry.example/a', true).origin).toBe('http://registry.example');
  expect(() => parseReference('http://registry.example/a')).toThrow('plain HTTP to another machine');
  expect(parseReference('https://127.0.0.1:5000/a').origin).toBe('https://127.0.0.1:5000');
});

test.each([
  '',
  'a',
  'registry.example',
  'registry.example/',
  'r/A',
  'r/a/../b',
  'r/a:',
  'r/a@sha256:0',
  'ftp://r/a',
  'u:p@r/a',
  'r/a b',
  'r//a',
  `r/${'a'.repeat(300)}`,
])('%j is no registry', (text) =>
  expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'bad-reference' })),
);

test('whatever is read leads to its own host and to nothing but a repository there', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), (text) => {
      try {
        const { origin, host, repository } = parseReference(text, true);
        const url = new URL(`${origin}/v2/${repository}/blobs/x`);
        expect(url.host.toLowerCase().replace(/:(80|443)$/, '')).toBe(
          host.toLowerCase().replace(/:(80|443)$/, ''),
        );
        expect(url.pathname).toBe(`/v2/${repository}/blobs/x`);
      } catch (error) {
        expect(['bad-reference', 'ERR_INVALID_URL']).toContain((error as { code: string }).code);
      }
    }),
  );
});

test("docker's file gives the credentials of one host, and of no other", () => {
  const auth = Buffer.from('me:pass:word').toString('base64');
  const file = JSON.stringify({
    auths: { 'registry.example': { auth }, 'https://old.example/v1/': { auth } },
  });
  expect(credentialsOf(file, 'registry.example')).toEqual({ username: 'me', password: 'pass:word' });
  expect(credentialsOf(file, 'old.example')).toEqual({ username: 'me', password: 'pass:word' });
  expect(credentialsOf(file, 'other.example')).toBeUndefined();
  for (const wrong of [
    '',
    '{',
    '[]',
    'null',
    '{"auths": null}',
    '{"auths": {"registry.example": {"auth": 7}}}',
  ])
    expect(credentialsOf(wrong, 'registry.example')).toBeUndefined();
  expect(credentialsOf('{"auths": {}}', '__proto__')).toBeUndefined();
});

test('challenges of any form are read or left', () => {
  expect(parseChallenge('Bearer realm="https://a.example/t",service="s"')).toEqual({
    scheme: 'bearer',
    parameters: { realm: 'https://a.example/t', service: 's' },
  });
  expect(parseChallenge('basic realm="x"')?.scheme).toBe('basic');
  fc.assert(fc.property(fc.string(), (text) => void parseChallenge(text)));
});
