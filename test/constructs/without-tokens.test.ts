/** What is spared the engine comes out as the engine itself would have it. */
import { App, DefaultTokenResolver, Fn, StringConcat, TerraformStack, Token, Tokenization } from 'cdktf';
import fc from 'fast-check';
import { WithoutTokens } from '../../constructs/_without-tokens';

const stack = new TerraformStack(new App(), 'resolved');
const resolver = new DefaultTokenResolver(new StringConcat());
const resolve = (value: unknown, preparing = false): unknown =>
  Tokenization.resolve(value, { scope: stack, resolver, preparing });

/** Texts and numbers, tokens among them, and what only looks like one. */
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.constantFrom(null, undefined, `\${a == ""}`, 'e+289', '1e+2', `\${TfToken[}`),
  fc.stringMatching(/^[a-z ]*$/).map((text) => Fn.upper(text)),
  fc.string().map((text) => `a-${Token.asString({ inside: text })}`),
  fc.integer().map((number) => Token.asNumber(number)),
  fc.array(fc.string()).map((list) => Token.asList(list)),
);
const key = fc.stringMatching(/^[a-z_/]{1,6}$/);
const element = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
})).object;

test('resolved, an element is the same with and without it', () => {
  fc.assert(
    fc.property(element, (value) => {
      expect(resolve(new WithoutTokens(() => value as object))).toEqual(resolve(value));
    }),
  );
});

test('the first pass sees every element that has a token, and nothing of any other', () => {
  const token = { resource: { name: Fn.upper('a') } };
  expect(resolve(new WithoutTokens(() => token), true)).toEqual(resolve(token, true));
  expect(resolve(new WithoutTokens(() => ({ resource: { name: 'a' } })), true)).toEqual({});
});

test('what an element leaves undefined takes nothing away from another', () => {
  const resolved = resolve(new WithoutTokens(() => ({ resource: {}, moved: undefined })));
  expect(Object.keys(resolved as object)).toEqual(['resource']);
});
