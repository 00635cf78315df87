/** The value types that one schema has, bundled; and the same for code that serves any schema. */
import type {
  AppliedConfigOf,
  ConfigOf,
  HasAttributes,
  IdentityOf,
  ImportOf,
  PlannedOf,
  PlanOf,
  PriorOf,
  StateOf,
} from '../../schema';
import type { Values } from './wire/value';

/** See `schema/infer.ts` for what each stage means. */
export interface Stages<S extends HasAttributes> {
  readonly config: ConfigOf<S>;
  readonly applied: AppliedConfigOf<S>;
  readonly plan: PlanOf<S>;
  readonly planned: PlannedOf<S>;
  readonly prior: PriorOf<S>;
  readonly state: StateOf<S>;
  readonly import: ImportOf<S>;
  /** By what the resource is found again; never where the schema has no identity. */
  readonly identity: IdentityOf<S>;
}

/** The server's view: values that were parsed by the resource's schema, of types it does not know. */
export type AnyStages = { readonly [Stage in keyof Stages<HasAttributes>]: Values };
