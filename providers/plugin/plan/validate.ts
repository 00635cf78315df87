/** The rules that a schema puts on a configuration: required, count of blocks, validators, deprecation, write-only. */
import { type Attribute, type Attributes, type BlockRule, isUnknown, type ValueType } from '../../../schema';
import type { Diagnostics } from '../diagnostics';
import { formatPath, type Path } from '../path';
import { isRecord, type Values } from '../wire/value';
import { isWhollyKnown } from './walk';

export interface ValidateOptions {
  readonly diagnostics: Diagnostics;
  /** False before Terraform 1.11, which would store such values. */
  readonly writeOnlyAllowed: boolean;
}

export function validateConfig(attributes: Attributes, config: Values, options: ValidateOptions): void {
  const check = new Check(attributes, options);
  check.attributes(attributes, config, []);
}

class Check {
  constructor(
    private readonly root: Attributes,
    private readonly options: ValidateOptions,
  ) {}

  attributes(attributes: Attributes, values: Values, path: Path): void {
    for (const [name, attribute] of Object.entries(attributes))
      this.attribute(attribute, values[name] ?? null, [...path, name]);
  }

  private attribute(attribute: Attribute, value: unknown, path: Path): void {
    if (value === null) {
      this.missing(attribute, path);
    } else {
      this.presence(attribute, path);
      this.value(attribute, value, path);
    }
  }

  private missing({ presence }: Attribute, path: Path): void {
    if (presence !== 'required') return;
    this.error(path, 'not set, but required', 'Set it in the configuration.');
  }

  private presence({ presence, trait, deprecation }: Attribute, path: Path): void {
    if (presence === 'computed')
      this.error(path, 'set, but decided by the provider', 'Remove it from the configuration.');
    if (trait === 'write-only' && !this.options.writeOnlyAllowed)
      this.error(
        path,
        'write-only, which this version of Terraform would store',
        'Use Terraform 1.11 or later.',
      );
    if (deprecation !== '')
      this.options.diagnostics.warn(
        `Attribute "${formatPath(path, this.root)}" is deprecated`,
        deprecation,
        path,
      );
  }

  private value(attribute: Attribute, value: unknown, path: Path): void {
    if (isUnknown(value)) return;
    this.count(attribute, value, path);
    if (isWhollyKnown(value)) this.validators(attribute, value, path);
    this.inside(attribute.type, value, path);
  }

  private count({ block, type }: Attribute, value: unknown, path: Path): void {
    if (block === undefined || type.kind === 'object') return;
    const count = Object.keys(value as object).length;
    if (count < block.minItems || (block.maxItems > 0 && count > block.maxItems))
      this.error(path, `${count} blocks`, `There must be ${describeRange(block)}.`);
  }

  private validators({ validate, sensitive }: Attribute, value: unknown, path: Path): void {
    const quoted = typeof value === 'string' && !sensitive ? `${JSON.stringify(value.slice(0, 80))}: ` : '';
    for (const validator of validate) {
      const problem = validator.check(value);
      if (problem !== undefined)
        this.error(path, `${quoted}${problem}`, `It must be ${validator.description}.`);
    }
  }

  private inside(type: ValueType, value: unknown, path: Path): void {
    if (type.kind === 'object') this.attributes(type.attributes, value as Values, path);
    if (!('element' in type)) return;
    const entries = Array.isArray(value)
      ? [...value.entries()]
      : isRecord(value)
        ? Object.entries(value)
        : [];
    for (const [key, element] of entries) this.value(type.element, element, [...path, key]);
  }

  private error(path: Path, problem: string, hint: string): void {
    const name = formatPath(path, this.root);
    this.options.diagnostics.error(`Wrong value of "${name}": ${problem}`, hint, path);
  }
}

function describeRange({ minItems, maxItems }: BlockRule): string {
  if (maxItems === 0) return `at least ${minItems}`;
  return minItems === 0 ? `at most ${maxItems}` : `${minItems} to ${maxItems}`;
}
