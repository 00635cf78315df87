/**
 * What a package exports, as its docstrings and types say it: read with the compiler's own API, which is ESM and finds its
 * program in a way that Jest cannot follow, so in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

export interface PublicMember {
  readonly name: string;
  readonly kind: 'property' | 'method' | 'static property' | 'static method' | 'constructor';
  /** As the source writes it: a type, or a method's parameters and result. */
  readonly type: string;
  readonly isOptional: boolean;
  readonly description: string;
  /** Text of `@default`. */
  readonly default: string | undefined;
  /** Text of each `@throws`. */
  readonly throws: readonly string[];
}

export interface PublicExport {
  readonly name: string;
  readonly kind: 'class' | 'interface' | 'type' | 'function' | 'value';
  /** From the repository's folder; of a package when it is not ours. */
  readonly file: string;
  readonly description: string;
  readonly throws: readonly string[];
  /** The declaration as written, of a type or a function. */
  readonly text: string;
  /** What a class extends, as written. */
  readonly base: string | undefined;
  readonly isAbstract: boolean;
  /** Its own ones that are public, in the order of the source. */
  readonly members: readonly PublicMember[];
}

/** The exports of each entry file, by that file. */
export type PublicApi = Readonly<Record<string, readonly PublicExport[]>>;

/** Reads them in a process of their own. @param files from the repository's folder */
export function readPublicApi(files: readonly string[]): PublicApi {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  const reader = join(__dirname, 'public-api-reader.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsx, reader, ...files], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (status === 0) return JSON.parse(stdout);
  throw new Error(`The compiler could not read ${files.join(', ')}: ended with ${status}\n${stderr}`);
}
