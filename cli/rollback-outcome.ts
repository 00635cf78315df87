/** What came of a rollback, as the nodes themselves prove it. */
import { type Cid, NexusError } from '../model';
import { listNodes, type Observation } from '../providers/deploy';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { observeAll } from './observe';
import { printJson } from './output';
import type { Stack } from './stack';
import { count } from './words';

/** What was done before the nodes are asked. */
export interface Applied {
  readonly target: Cid | undefined;
  readonly before: readonly Cid[];
  readonly record: Cid | undefined;
}

/** The nodes of the stack that are deployed on this host. */
export async function nodesHere({ stateDir, nodes }: Stack): Promise<string[]> {
  return (await listNodes(stateDir)).filter((node) => nodes.includes(node));
}

/** Every node is asked with a fresh nonce; only what all of them prove is reported as done. @throws NexusError `not-proved` */
export async function proveOutcome(
  { target, before, record }: Applied,
  stack: Stack,
  options: CommonOptions,
  io: Io,
): Promise<ExitCode> {
  const names = await nodesHere(stack);
  const seen = await observeAll(stack.stateDir, names, io);
  const nodes = names.map((node, index) => describe(node, seen[index]));
  const wrong = nodes.filter(
    ({ status, release }) => status !== 'running' || (target ?? release) !== release,
  );
  const report = { stack: stack.name, from: before, to: target ?? null, record: record ?? null, nodes };
  if (options.json) printJson(io.out, report);
  if (wrong.length > 0) throw notProved(wrong, target);
  if (!options.json) io.out.write(formatOutcome(nodes, stack, target));
  return exitCode.ok;
}

function describe(node: string, seen: Observation | undefined) {
  return {
    node,
    status: seen?.status ?? 'missing',
    release: seen?.record?.statement.predicate.release ?? seen?.deployed?.release ?? null,
    image: seen?.deployed?.imageCid ?? null,
  };
}

type Outline = ReturnType<typeof describe>;

function notProved(wrong: readonly Outline[], target: Cid | undefined): NexusError {
  const states = wrong.map(
    ({ node, status, release }) => `${node} is ${status} with release ${release ?? 'unknown'}`,
  );
  const what = target === undefined ? 'the release of the code' : `release ${target}`;
  return new NexusError('not-proved', `Cannot say that every node runs ${what}: ${states.join('; ')}`, {
    hint: 'Terraform has ended well, so this came after it: see `nexus status` and `nexus console NODE`.',
  });
}

function formatOutcome(nodes: readonly Outline[], stack: Stack, target: Cid | undefined): string {
  const releases = [...new Set(nodes.map(({ release }) => release))];
  const proof = `${count(nodes.length, 'node')} of stack "${stack.name}" proved to run release ${releases.join(', ')}`;
  if (nodes.length === 0) return `Stack "${stack.name}" has no node on this host.\n`;
  return target === undefined
    ? `${proof}, which its code describes.\n`
    : `${proof}.\nThe stack stays there until \`nexus rollback --clear\`.\n`;
}
