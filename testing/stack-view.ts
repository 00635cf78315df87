/** Looking things up in what a synth would write: a resource by type and name, an output, a KDL file. */
import {
  type cellResource,
  type deploymentResource,
  type imageResource,
  type meshResource,
  NexusError,
  quote,
  type releaseResource,
  type StackPreview,
  suggest,
} from '../model';

/** What can be looked at: a `NexusStack` of either engine, or its `preview()`, to have it made once. */
export type Subject = StackPreview | { preview(): StackPreview };

/** The schema of each of our resources, by its type in Terraform. */
interface Schemas {
  nexus_cell: typeof cellResource;
  nexus_deployment: typeof deploymentResource;
  nexus_image: typeof imageResource;
  nexus_mesh: typeof meshResource;
  nexus_release: typeof releaseResource;
}

/** Types of our resources; any other type of Terraform can be looked up too. */
export type ResourceTypeName = keyof Schemas;

/** Attributes as the Terraform JSON says them, with the names of our resources checked. */
export type AttributesOf<T extends string> = T extends ResourceTypeName
  ? { readonly [Name in keyof Schemas[T]['attributes'] | 'depends_on' | 'lifecycle' | 'count']?: unknown }
  : Readonly<Record<string, unknown>>;

/** The preview of a stack; all problems of the synth are thrown. */
export function previewOf(subject: Subject): StackPreview {
  return 'preview' in subject ? subject.preview() : subject;
}

/** Every resource of a type by its name; empty when there is none. */
export function nexusResources<T extends ResourceTypeName | (string & {})>(
  subject: Subject,
  type: T,
): Readonly<Record<string, AttributesOf<T>>> {
  const all = previewOf(subject).terraform.resource?.[type];
  return (all ?? {}) as Readonly<Record<string, AttributesOf<T>>>;
}

/** The resource of that type and name. @throws NexusError `unknown-resource` */
export function nexusResource<T extends ResourceTypeName | (string & {})>(
  subject: Subject,
  type: T,
  name: string,
): AttributesOf<T> {
  return find('resource', `${type}.`, name, nexusResources(subject, type));
}

/** The value of an output. @throws NexusError `unknown-output` */
export function nexusOutput(subject: Subject, name: string): unknown {
  const outputs = (previewOf(subject).terraform.output ?? {}) as Readonly<
    Record<string, { readonly value: unknown }>
  >;
  return find('output', '', name, outputs).value;
}

/** The text of a KDL file, like `mesh-alpha.kdl`. @throws NexusError `unknown-kdl` */
export function nexusKdl(subject: Subject, file: string): string {
  return find('kdl', '', file, previewOf(subject).kdl);
}

type Kind = 'resource' | 'output' | 'kdl';
const words: Readonly<Record<Kind, string>> = { resource: 'resource', output: 'output', kdl: 'KDL file' };

function find<V>(kind: Kind, prefix: string, name: string, all: Readonly<Record<string, V>>): V {
  const names = Object.keys(all);
  const value = Object.hasOwn(all, name) ? all[name] : undefined;
  if (value !== undefined) return value;
  throw new NexusError(
    `unknown-${kind}`,
    `Cannot find ${words[kind]} ${quote(prefix + name)}: the stack has no such ${words[kind]}, expected one of ${names.join(', ') || '(none)'}`,
    { hint: suggest(name, names) },
  );
}
