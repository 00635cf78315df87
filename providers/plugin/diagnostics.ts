/** Problems and warnings on their way to Terraform, which prints them with the line of configuration they are about. */
import type { Attributes } from '../../schema';
import { type Path, parsePath, type Step, stepsOf } from './path';

/** Protocol message `Diagnostic`. */
export interface Diagnostic {
  severity: 1 | 2;
  summary: string;
  detail: string;
  attribute?: { steps: Step[] };
}

const ERROR = 1;
const WARNING = 2;

/**
 * What a handler throws to say more than a message. Any error with these fields does as well.
 * The summary is the error's message; `hint` says how to resolve the problem entirely.
 */
export interface Explained {
  readonly hint?: string | undefined;
  /** What the problem is about: `name`, `host.memory_mib`, or `['cells', 'a.b']`. */
  readonly attribute?: string | Path | undefined;
}

/** An error about an attribute: `throw new AttributeError('name', 'Cannot use name "X": taken', 'Choose another.')`. */
export class AttributeError extends Error implements Explained {
  override readonly name = 'AttributeError';
  constructor(
    readonly attribute: string | Path,
    message: string,
    readonly hint?: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Gathers what one call has to say. */
export class Diagnostics {
  private readonly found: Diagnostic[] = [];

  /** @param attributes schema by which paths become the protocol's steps */
  constructor(private readonly attributes: Attributes = {}) {}

  get hasErrors(): boolean {
    return this.found.some(({ severity }) => severity === ERROR);
  }

  /** Errors first, each once. */
  get messages(): Diagnostic[] {
    const unique = new Map(this.found.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic]));
    return [...unique.values()].sort((a, b) => a.severity - b.severity);
  }

  error(summary: string, detail: string, path?: string | Path): void {
    this.add(ERROR, summary, detail, path);
  }

  warn(summary: string, detail: string, path?: string | Path): void {
    this.add(WARNING, summary, detail, path);
  }

  /** @param action what failed, used where the error is not one that explains itself, e.g. `Cannot create nexus_cell` */
  thrown(error: unknown, action: string): void {
    const errors = error instanceof AggregateError ? error.errors : [error];
    for (const one of errors) this.addThrown(one, action);
  }

  private addThrown(error: unknown, action: string): void {
    const { hint, attribute } = explanationOf(error);
    const message = messageOf(error);
    const text = message.startsWith('Cannot ') ? message : `${action}: ${message}`;
    const [summary = action, ...more] = text.split('\n');
    this.error(
      summary,
      [...more, hint ?? '', ...causesOf(error)].filter((line) => line !== '').join('\n\n'),
      attribute,
    );
  }

  private add(severity: 1 | 2, summary: string, detail: string, path: string | Path | undefined): void {
    const steps = stepsOf(typeof path === 'string' ? parsePath(path) : (path ?? []), this.attributes);
    this.found.push({ severity, summary, detail, ...(steps.length > 0 ? { attribute: { steps } } : {}) });
  }
}

function explanationOf(error: unknown): Explained {
  if (typeof error !== 'object' || error === null) return {};
  const { hint, attribute } = error as { readonly hint?: unknown; readonly attribute?: unknown };
  const isPath = typeof attribute === 'string' || Array.isArray(attribute);
  return {
    hint: typeof hint === 'string' ? hint : undefined,
    attribute: isPath ? (attribute as string | Path) : undefined,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}

/** At most five: a chain can be a ring. */
function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && causes.length < 5) {
    causes.push(`Cause: ${messageOf(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}
