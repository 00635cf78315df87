/** What the word after `nexus verify` names: a node, an image, a record or a ledger. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Cid, findNearest, isCid } from '../model';
import { UsageError } from './usage-error';

export type Subject =
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'cid'; readonly cid: Cid }
  | { readonly kind: 'file'; readonly file: string; readonly path: string }
  | { readonly kind: 'ledger'; readonly folder: string | undefined };

/** How each kind can be asked for where one word names two things. */
export const subjectKinds = ['node', 'image', 'ledger'] as const;
export type SubjectKind = (typeof subjectKinds)[number];

const kindOf: Record<Subject['kind'], SubjectKind> = {
  node: 'node',
  cid: 'image',
  file: 'image',
  ledger: 'ledger',
};

const articles: Record<SubjectKind, string> = { node: 'a node', image: 'an image', ledger: 'a ledger' };

/** @param nodes names of the nodes that are known @throws UsageError `unknown-subject`, `ambiguous-subject` */
export function findSubject(word: string, nodes: readonly string[], cwd: string, as?: SubjectKind): Subject {
  const candidates = listCandidates(word, nodes, cwd).filter(
    ({ kind }) => as === undefined || kindOf[kind] === as,
  );
  const [only, another] = candidates;
  if (only === undefined) throw unknown(word, nodes, as);
  if (another === undefined) return only;
  const kinds = candidates.map(({ kind }) => kindOf[kind]);
  throw new UsageError(
    'ambiguous-subject',
    `Cannot verify "${word}": it names ${kinds.map((kind) => articles[kind]).join(' and ')}`,
    {
      hint: `Say which with ${kinds.map((kind) => `--as=${kind}`).join(' or ')}.`,
    },
  );
}

function listCandidates(word: string, nodes: readonly string[], cwd: string): Subject[] {
  const path = resolve(cwd, word);
  const status = statSync(path, { throwIfNoEntry: false });
  const isLedger =
    status?.isDirectory() &&
    (word.includes('/') || ['checkpoint', 'latest'].some((file) => existsSync(join(path, file))));
  return [
    ...(nodes.includes(word) ? [{ kind: 'node', node: word } as const] : []),
    ...(isCid(word) ? [{ kind: 'cid', cid: word } as const] : []),
    ...(status?.isFile() ? [{ kind: 'file', file: word, path } as const] : []),
    ...(isLedger ? [{ kind: 'ledger', folder: path } as const] : []),
    ...(word === 'ledger' && !isLedger ? [{ kind: 'ledger', folder: undefined } as const] : []),
  ];
}

function unknown(word: string, nodes: readonly string[], as = 'node, image or ledger'): UsageError {
  const nearest = findNearest(word, [...nodes, 'ledger']);
  const known = nodes.length === 0 ? 'no node is deployed' : `the nodes are ${nodes.join(', ')}`;
  return new UsageError('unknown-subject', `Cannot verify "${word}": no ${as} of that name, ${known}`, {
    hint:
      nearest === undefined
        ? 'Name a node, an image by its file or CID, "ledger" or its folder, or nothing to verify everything.'
        : `Did you mean "${nearest}"?`,
  });
}
