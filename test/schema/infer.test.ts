import {
  type AppliedConfigOf,
  type ConfigOf,
  defineResource,
  type ImportOf,
  list,
  map,
  number,
  object,
  oneOf,
  type PlannedOf,
  type PlanOf,
  type PriorOf,
  type PropsOf,
  type StateOf,
  set,
  string,
  timeouts,
  type Unknown,
} from '../../schema';

/** True only if both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Flattens an intersection, so that {@link Same} compares its members. */
type Flat<T> = { [K in keyof T]: T[K] };
function holds<_T extends true>(): void {}

const cell = defineResource({
  typeName: 'nexus_cell',
  version: 0,
  description: 'A cell.',
  attributes: {
    name: string({ required: true, forcesReplacement: true }),
    source: string(),
    pledges: set(string({ validate: [oneOf('stdio')] }), { required: true }),
    stack_bytes: number({ default: 4096 }),
    host: object({ name: string({ required: true }), memory_mib: number() }),
    peers: list(object({ key: string({ required: true }), cell_id: string({ computed: true }) })),
    cells: map(string(), { optional: true, computed: true }),
    variant_cid: string({ computed: true }),
    receipt: string({ computed: true, nullable: true }),
    password_wo: string({ writeOnly: true }),
    timeouts: timeouts({ create: '5m' }),
  },
});
type Cell = typeof cell;

describe('types that follow from a schema', () => {
  test('of a config: anything given may be unknown, what is computed is null', () => {
    type C = ConfigOf<Cell>;
    holds<Same<C['name'], string | Unknown>>();
    holds<Same<C['source'], string | Unknown | null>>();
    holds<Same<C['pledges'], readonly (string | Unknown)[] | Unknown>>();
    holds<Same<C['stack_bytes'], number | Unknown | null>>();
    holds<Same<C['variant_cid'], null>>();
    holds<Same<C['password_wo'], string | Unknown | null>>();
    holds<Same<AppliedConfigOf<Cell>['password_wo'], string | null>>();
  });

  test('of a plan: computed values may be unknown, a default is never null', () => {
    type P = PlanOf<Cell>;
    holds<Same<P['variant_cid'], string | Unknown | null>>();
    holds<Same<P['stack_bytes'], number | Unknown>>();
    holds<Same<P['password_wo'], null>>();
    type Host = { readonly name: string | Unknown; readonly memory_mib: number | Unknown | null };
    holds<Same<P['host'], Host | Unknown | null>>();
  });

  test('of a plan during apply: only computed values may be unknown', () => {
    type P = PlannedOf<Cell>;
    holds<Same<P['name'], string>>();
    holds<Same<P['pledges'], readonly string[]>>();
    holds<Same<P['stack_bytes'], number>>();
    holds<Same<P['variant_cid'], string | Unknown | null>>();
    type Peer = { readonly key: string; readonly cell_id: string | Unknown | null };
    holds<Same<P['peers'], readonly Peer[] | null>>();
  });

  test('of a state: complete; of a prior state: computed values may be missing', () => {
    type S = StateOf<Cell>;
    holds<Same<S['variant_cid'], string>>();
    holds<Same<S['receipt'], string | null>>();
    holds<Same<S['cells'], Readonly<Record<string, string>>>>();
    holds<Same<PriorOf<Cell>['variant_cid'], string | null>>();
    holds<Same<PriorOf<Cell>['name'], string>>();
  });

  test('of an import: the required attributes are enough', () => {
    const imported: ImportOf<Cell> = { name: 'hello', pledges: ['stdio'] };
    // @ts-expect-error pledges is required
    const short: ImportOf<Cell> = { name: 'hello' };
    expect([imported.name, short.name]).toEqual(['hello', 'hello']);
  });

  test('of props: camelCase, computed ones left out, optional where optional', () => {
    type Props = PropsOf<Cell>;
    const props: Props = { name: 'hello', pledges: ['stdio'], stackBytes: 1, timeouts: { create: '1s' } };
    holds<Same<Flat<Pick<Props, 'name'>>, { readonly name: string }>>();
    holds<Same<Flat<Pick<Props, 'stackBytes'>>, { readonly stackBytes?: number | undefined }>>();
    holds<'variantCid' extends keyof Props ? false : true>();
    holds<Same<NonNullable<Props['peers']>[number]['key'], string>>();
    holds<Same<PropsOf<Cell, symbol>['name'], string | symbol>>();
    // @ts-expect-error name is required
    const without: Props = { pledges: [] };
    expect([props.name, without.name]).toEqual(['hello', undefined]);
  });

  test('of options: a validator or default of another type is refused', () => {
    // @ts-expect-error a validator of strings on a number
    number({ validate: [oneOf('a')] });
    // @ts-expect-error a text as the default of a number
    number({ default: 'a' });
  });
});
