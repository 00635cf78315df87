/** Where an error stands: a file position or a construct path. Lines and columns count from 1. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Path of a construct, e.g. `swarm/cells/hello`. */
  readonly construct?: string;
}

export interface NexusErrorOptions {
  /** What the reader does to mend it, as a full sentence. */
  readonly hint?: string;
  readonly place?: Place;
  readonly cause?: unknown;
}

/**
 * The one error of the project.
 *
 * The message says the action that failed, the quoted value, a colon, and the current against the required
 * state: `Cannot read pledge "net": unknown name, expected one of stdio, clock, mesh`. The hint says the fix.
 */
export class NexusError extends Error {
  override readonly name = 'NexusError';
  readonly hint: string | undefined;
  readonly place: Place | undefined;

  constructor(
    /** Stable, in kebab case, e.g. `unknown-pledge`; programs match on it. */
    readonly code: string,
    message: string,
    options: NexusErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.place = options.place;
  }
}

/**
 * Runs a check that knows no position, and gives its error the place where the checked value stands.
 * @throws the NexusError of `action` with `place`, unless it has one already
 */
export function atPlace<T>(place: Place | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof NexusError) || place === undefined || error.place !== undefined) throw error;
    const { hint, cause } = error;
    throw new NexusError(error.code, error.message, {
      ...(hint === undefined ? {} : { hint }),
      cause,
      place,
    });
  }
}

/** Text from outside inside a message: quoted, with control characters escaped, and cut at 80 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** `file:line:column`, or the construct's path in brackets, or an empty string. */
export function formatPlace(place: Place | undefined): string {
  if (place?.construct !== undefined) return `[${place.construct}]`;
  if (place?.file === undefined) return '';
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
}

/** What mends the faults of a disk that any file operation can end with. */
const systemHints: ReadonlyMap<unknown, string> = new Map([
  ['ENOSPC', 'The disk is full: free some space, then run this again.'],
  ['EDQUOT', 'Your quota on this disk is used up: free some space, then run this again.'],
  ['EROFS', 'The disk is mounted read-only: mount it writable, or use another folder.'],
  ['EACCES', 'Check who owns the file and its folders, and that you may use them.'],
  ['EPERM', 'Check who owns the file and its folders, and that you may use them.'],
  ['EIO', 'The disk is failing: the messages of the system say more.'],
]);

/** An error as the command line prints it: place, message, and the hint on a line of its own. */
export function formatError(error: unknown): string {
  if (!(error instanceof NexusError)) return formatOther(error);
  const place = formatPlace(error.place);
  const head = place === '' ? error.message : `${place} ${error.message}`;
  return error.hint === undefined ? head : `${head}\n  hint: ${error.hint}`;
}

function formatOther(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = systemHints.get((error as NodeJS.ErrnoException).code);
  return hint === undefined ? error.message : `${error.message}\n  hint: ${hint}`;
}
