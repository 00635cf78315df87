/**
 * Terraform's dependency lock file, `.terraform.lock.hcl`, in the layout that Terraform itself writes.
 *
 *     # This file is maintained automatically by "terraform init".
 *     # Manual edits may be lost in future updates.
 *
 *     provider "registry.example/space/name" {
 *       version     = "1.2.3"
 *       constraints = "1.2.3"
 *       hashes = [
 *         "h1:…",
 *       ]
 *     }
 *
 * https://developer.hashicorp.com/terraform/language/files/dependency-lock
 */
import { compareNames, NexusError, quote } from '../../model';

/** One provider as the lock file pins it. */
export interface LockedProvider {
  /** `HOST/NAMESPACE/TYPE` */
  readonly address: string;
  readonly version: string;
  /** The version constraints of the configuration that chose the version; undefined where it had none. */
  readonly constraints: string | undefined;
  /** Sorted, each with its scheme: `h1:…`, `zh:…`. */
  readonly hashes: readonly string[];
}

const header = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.
`;

/** The text of a lock file. Inverse: {@link parseLockFile}. */
export function formatLockFile(providers: readonly LockedProvider[]): string {
  const sorted = providers.toSorted((left, right) => compareNames(left.address, right.address));
  return [header, ...sorted.map(formatProvider)].join('\n');
}

function formatProvider({ address, version, constraints, hashes }: LockedProvider): string {
  const lines = [`provider "${address}" {`];
  if (constraints === undefined) lines.push(`  version = "${version}"`);
  else lines.push(`  version     = "${version}"`, `  constraints = "${constraints}"`);
  if (hashes.length > 0) lines.push('  hashes = [', ...hashes.map((hash) => `    "${hash}",`), '  ]');
  return `${lines.join('\n')}\n}\n`;
}

const blockPattern = /^provider "([^"\n]+)" \{\n([^}]*)\n\}$/gm;
const fieldPattern = /^ {2}(version|constraints) *= "([^"\n]*)"$/gm;
const hashPattern = /^ {4}"([^"\n]+)",$/gm;

/**
 * Inverse of {@link formatLockFile}; comments are left out.
 * @throws NexusError `bad-lock-file` when there is a line that Terraform would not have written
 */
export function parseLockFile(text: string): readonly LockedProvider[] {
  const code = stripComments(text);
  const providers = [...code.matchAll(blockPattern)].map(([, address = '', body = '']) =>
    parseProvider(address, body),
  );
  const rest = code.replace(blockPattern, '').trim();
  if (rest !== '') throw badLockFile(rest.split('\n', 1)[0] ?? '');
  return providers;
}

function stripComments(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/^\/\*[\s\S]*?^\*\/$/gm, '')
    .replace(/^#.*$/gm, '');
}

function parseProvider(address: string, body: string): LockedProvider {
  const fields = new Map([...body.matchAll(fieldPattern)].map(([, name = '', value = '']) => [name, value]));
  const version = fields.get('version');
  if (version === undefined) throw badLockFile(`provider "${address}"`);
  const hashes = [...body.matchAll(hashPattern)].map(([, hash = '']) => hash);
  return { address, version, constraints: fields.get('constraints'), hashes };
}

function badLockFile(line: string): NexusError {
  return new NexusError(
    'bad-lock-file',
    `Cannot read ".terraform.lock.hcl": unknown line ${quote(line)}, expected only blocks as Terraform writes them`,
    { hint: "Remove the file from the stack's folder: it is made again." },
  );
}

/** What a stack asks of one provider. */
export interface RequiredProvider {
  readonly address: string;
  readonly version: string | undefined;
}

/**
 * The lock file with `own` in it, the other providers' blocks kept.
 *
 * cdktf's CLI looks for each required provider in this file and, if one is missing, runs `terraform providers lock`,
 * which asks every provider's registry over the network. Ours has none, so that call would always fail. Terraform's
 * `init` locks the missing ones by itself; so they are named in a comment, which the CLI's line-wise reader takes for
 * a block and Terraform does not.
 */
export function mergeLockFile(
  current: string,
  own: LockedProvider,
  required: readonly RequiredProvider[],
): string {
  const others = parseLockFile(current).filter((provider) => provider.address !== own.address);
  const locked = [...others, own];
  const missing = required.filter(({ address }) => locked.every((provider) => provider.address !== address));
  return formatLockFile(locked) + formatNotes(missing);
}

function formatNotes(missing: readonly RequiredProvider[]): string {
  if (missing.length === 0) return '';
  const sorted = missing.toSorted((left, right) => compareNames(left.address, right.address));
  const notes = sorted.map(
    ({ address, version = '>= 0' }) => `provider "${address}" {\n  constraints = "${version}"\n}\n`,
  );
  return `\n/* Not locked yet: "terraform init" does it.\n${notes.join('')}*/\n`;
}
