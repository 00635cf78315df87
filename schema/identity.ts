/**
 * Resource identity: the few values by which a resource is found again, apart from its state. Terraform keeps them
 * with the state, imports by them and lists by them (Terraform 1.12 and later).
 */
import type { Attribute, Attributes, ListType } from './attribute';
import type { AttributesValue } from './infer';

export interface IdentitySchema<I extends Attributes = Attributes> {
  /** Raised when the stored identity changes its form; see the resource's `upgradeIdentity`. @default 0 */
  readonly version?: number;
  /** Texts, numbers, truth values and lists of those. Required ones must be given to import, optional ones may be. */
  readonly attributes: I;
}

/** The identity of a resource with this schema; never where it has none. */
export type IdentityOf<S> = S extends { readonly identity: { readonly attributes: infer I } }
  ? AttributesValue<I, 'state'>
  : never;

/** @throws Error on an attribute that the protocol has no place for */
export function checkIdentity(typeName: string, { attributes }: IdentitySchema): void {
  for (const [name, attribute] of Object.entries(attributes)) {
    if (!isSimple(attribute) && !isListOfSimple(attribute))
      throw new Error(`Schema of ${typeName}: identity "${name}" must be simple or a list of simple values`);
    if (attribute.presence !== 'required' && attribute.presence !== 'optional')
      throw new Error(`Schema of ${typeName}: identity "${name}" must be required or optional for an import`);
  }
}

function isSimple({ type }: Attribute): boolean {
  return type.kind === 'string' || type.kind === 'number' || type.kind === 'bool';
}

function isListOfSimple({ type }: Attribute): boolean {
  return type.kind === 'list' && isSimple((type as ListType).element);
}
