/** What a stack asks of Terraform besides our own: other providers and modules, with their versions. */
import type { TerraformStack } from './_engine';
import type { RequiredProvider } from './synth';

interface StackFragment {
  readonly terraform?: {
    readonly required_providers?: Readonly<Record<string, { source?: string; version?: string }>>;
  };
  readonly module?: Readonly<Record<string, { source?: string; version?: string }>>;
}

/** Every provider that the stack asks of Terraform, with its full address. */
export function findRequiredProviders(stack: TerraformStack): readonly RequiredProvider[] {
  return stack.allProviders().flatMap((provider) => {
    const { terraform }: StackFragment = provider.toTerraform();
    return Object.values(terraform?.required_providers ?? {}).flatMap(({ source, version }) =>
      source === undefined ? [] : [{ address: fullAddress(source), version }],
    );
  });
}

/** `null` is `registry.terraform.io/hashicorp/null`. */
function fullAddress(source: string): string {
  const parts = source.split('/');
  return [...['registry.terraform.io', 'hashicorp'].slice(0, 3 - parts.length), ...parts].join('/');
}

/** A version that the configuration asks for, overrides included; undefined where it asks for none. */
export interface RequiredVersion {
  readonly kind: 'provider' | 'module';
  readonly name: string;
  readonly version: string | undefined;
}

/** Versions of all providers, and of the modules that come from a registry: a folder has no version. */
export function findRequiredVersions(stack: TerraformStack): readonly RequiredVersion[] {
  const { terraform, module }: StackFragment = stack.toTerraform();
  const providers = Object.entries(terraform?.required_providers ?? {});
  const modules = Object.entries(module ?? {}).filter(([, { source }]) => !/^\.{0,2}\//.test(source ?? ''));
  return [
    ...providers.map(([name, { version }]) => ({ kind: 'provider' as const, name, version })),
    ...modules.map(([name, { source, version }]) => ({
      kind: 'module' as const,
      name,
      version: version ?? /[?&]ref=([^&]+)/.exec(source ?? '')?.[1]?.replace(/^v/, ''),
    })),
  ];
}
