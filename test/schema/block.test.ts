import {
  type ConfigOf,
  defineAction,
  defineFunction,
  defineResource,
  type IdentityOf,
  type ImportOf,
  list,
  listBlock,
  mapBlock,
  number,
  object,
  type PlanOf,
  type PropsOf,
  type StateOf,
  set,
  setBlock,
  singleBlock,
  string,
  type Unknown,
} from '../../schema';

/** True only if both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<_T extends true>(): void {}

const host = defineResource({
  typeName: 'demo_host',
  version: 0,
  description: 'A host.',
  attributes: {
    name: string({ required: true }),
    owner: singleBlock({ name: string({ required: true }) }),
    place: singleBlock({ rack: number() }, { required: true }),
    rule: listBlock({ port: number({ required: true }), hits: number({ computed: true }) }, { minItems: 1 }),
    tag: setBlock({ key: string() }),
    peer: mapBlock({ match: listBlock({ text: string({ required: true }) }) }),
  },
  identity: { attributes: { name: string({ required: true }), zone: string() } },
});
type Host = typeof host;

test('blocks have the types of nested attributes; lists, sets and maps of them are never null', () => {
  holds<Same<StateOf<Host>['owner'], { readonly name: string } | null>>();
  holds<Same<StateOf<Host>['place'], { readonly rack: number | null }>>();
  type Rule = { readonly port: number; readonly hits: number };
  holds<Same<StateOf<Host>['rule'], readonly Rule[]>>();
  type GivenRule = { readonly port: number | Unknown; readonly hits: null };
  holds<Same<ConfigOf<Host>['rule'], readonly (GivenRule | Unknown)[] | Unknown>>();
  holds<
    Same<PlanOf<Host>['tag'], readonly ({ readonly key: string | Unknown | null } | Unknown)[] | Unknown>
  >();
  type Peer = { readonly match: readonly { readonly text: string }[] };
  holds<Same<StateOf<Host>['peer'], Readonly<Record<string, Peer>>>>();
});

test('a construct and an import may leave blocks out, but for those that are required', () => {
  const props: PropsOf<Host> = { name: 'a', place: {}, rule: [{ port: 1 }] };
  const imported: ImportOf<Host> = { name: 'a', place: { rack: null } };
  expect([props.rule?.length, imported.rule]).toEqual([1, undefined]);
});

test('a schema without an identity has none', () => {
  holds<Same<IdentityOf<Host>, { readonly name: string; readonly zone: string | null }>>();
  const plain = defineResource({ typeName: 'demo_x', version: 0, description: '', attributes: {} });
  holds<Same<IdentityOf<typeof plain>, never>>();
  expect(plain.identity).toBeUndefined();
});

const schemaOf = (attributes: Parameters<typeof defineResource>[0]['attributes']) => () =>
  defineResource({ typeName: 'demo_x', version: 0, description: '', attributes });

test('contradictions are refused when a schema is made', () => {
  expect(schemaOf({ a: object({ b: listBlock({}) }) })).toThrow(
    'Schema of demo_x.a.b: a block cannot stand inside a nested attribute',
  );
  expect(schemaOf({ a: listBlock({}, { minItems: 2, maxItems: 1 }) })).toThrow('at least minItems');
  expect(schemaOf({ a_wo_version: number() })).toThrow('"a_wo" changes, which must be there');
  expect(schemaOf({ a: set(object({ b_wo: string({ writeOnly: true }) })) })).toThrow('outside of sets');
  expect(schemaOf({ a: setBlock({ b_wo: string({ writeOnly: true }) }) })).toThrow('outside of sets');
  expect(schemaOf({ a: listBlock({ b_wo: string({ writeOnly: true }) }) })).not.toThrow();
  expect(() =>
    defineAction({ typeName: 'x', description: '', attributes: { a: string({ writeOnly: true }) } }),
  ).toThrow('write-only values have a place only in a resource');
});

test('an identity is made of simple values, each required or optional', () => {
  const identify = (attribute: Parameters<typeof list>[0]) => () =>
    defineResource({
      typeName: 'demo_x',
      version: 0,
      description: '',
      attributes: {},
      identity: { attributes: { a: attribute } },
    });
  expect(identify(list(number()))).not.toThrow();
  expect(identify(object({}))).toThrow('must be simple');
  expect(identify(string({ computed: true }))).toThrow('required or optional');
});

test('a function has at most one variadic parameter, of a name of its own', () => {
  const define = (variadic: Record<string, ReturnType<typeof string>>) => () =>
    defineFunction({
      name: 'f',
      summary: '',
      description: '',
      parameters: { a: string() },
      variadic,
      returns: string(),
    });
  expect(define({ b: string() })).not.toThrow();
  expect(define({ b: string(), c: string() })).toThrow('only one parameter can be variadic');
  expect(define({ a: string() })).toThrow('two parameters have one name');
});
