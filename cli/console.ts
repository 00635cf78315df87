/** `nexus console`: what a node's kernel and cells print, and what is typed to them. */
import type { Command } from 'commander';
import { NexusError, suggest } from '../model';
import { ensureHostd, type HostdClient, listNodes, nodePaths, readConsoleTail } from '../providers/deploy';
import { type ConsoleOptions, createScreen, type Screen } from './console-screen';
import { type ExitCode, exitCode, type Io } from './io';
import { Keyboard } from './keyboard';
import { stateFolder } from './state';
import { untilAborted } from './until-aborted';
import { UsageError } from './usage-error';
import { createVerb, parseCount } from './verb';

interface Options extends ConsoleOptions {
  readonly follow: boolean;
  readonly lines: number;
}

export function defineConsole(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('console', "show a node's console and type to it", [
    ['nexus console n-0', 'follows it; Ctrl-] leaves'],
    ['nexus console n-0 --no-follow -n 100', 'prints the last hundred lines and ends'],
    ['nexus console n-0 --raw', 'from now on the signed records too, byte for byte'],
  ])
    .argument('<node>', "the node's name")
    .option('-n, --lines <n>', 'so many lines of what was printed before', parseCount, 20)
    .option('--no-follow', 'print what is there and end')
    .option('--raw', 'every byte as it comes, machine lines and control characters too')
    .action(async (node: string, options: Options) => end(await watch(node, options, io)));
}

async function watch(node: string, options: Options, io: Io): Promise<ExitCode> {
  const stateDir = stateFolder(options, io);
  await checkNode(node, stateDir);
  const screen = createScreen(options, io.out);
  if (options.follow) return follow(node, stateDir, screen, options, io);
  screen.begin(readConsoleTail(nodePaths(stateDir, node).folder), options.lines);
  screen.end();
  return exitCode.ok;
}

async function checkNode(node: string, stateDir: string): Promise<void> {
  const names = await listNodes(stateDir);
  if (names.includes(node)) return;
  const known = names.length === 0 ? 'nothing is deployed' : `the nodes are ${names.join(', ')}`;
  throw new UsageError('unknown-node', `Cannot watch node "${node}" of "${stateDir}": ${known}`, {
    hint:
      names.length === 0
        ? 'Deploy first, or name another state folder with --state DIR.'
        : suggest(node, names),
  });
}

async function follow(
  node: string,
  stateDir: string,
  screen: Screen,
  options: Options,
  io: Io,
): Promise<ExitCode> {
  const { environment, signal } = io;
  const hostd = await ensureHostd({ stateDir, entry: environment.hostdEntry, signal });
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  signal.addEventListener('abort', leave);
  try {
    await hostd.attach(node);
    const stopTelling = tellOfMachine(hostd, node, io);
    await join(hostd, node, screen, options, leaving, io).finally(stopTelling);
  } finally {
    signal.removeEventListener('abort', leave);
    hostd.close();
  }
  signal.throwIfAborted();
  if (leaving.signal.aborted) return exitCode.ok;
  throw new NexusError('console-ended', `Cannot go on watching node "${node}": the host daemon ended`, {
    hint: 'The node was removed, or the daemon was ended: see `nexus status`.',
  });
}

const lookIntervalMs = 1_000;

/** Says once when the node has no machine: a console that is quiet looks the same. @returns what stops it */
function tellOfMachine(hostd: HostdClient, node: string, { err }: Io): () => void {
  let missed = 0;
  const look = async (): Promise<void> => {
    const view = (await hostd.nodes()).find((each) => each.node === node);
    // A machine that is being replaced is away for a moment.
    missed = view?.console === true ? 0 : missed + 1;
    if (missed === 2) err.write(`${node} has no running machine; what its next one says follows here.\n`);
  };
  const timer = setInterval(() => void look().catch(() => undefined), lookIntervalMs);
  return () => clearInterval(timer);
}

/** Until somebody leaves or the daemon ends. */
async function join(
  hostd: HostdClient,
  node: string,
  screen: Screen,
  { lines }: Options,
  leaving: AbortController,
  io: Io,
): Promise<void> {
  const early: Uint8Array[] = [];
  let take = (chunk: Uint8Array): void => void early.push(chunk);
  const stream = await hostd.console(node, (chunk) => take(chunk));
  screen.begin(stream.history, lines);
  for (const chunk of early) screen.show(chunk);
  take = screen.show;
  const keys = new Keyboard(
    io,
    (bytes) => void stream.write(bytes).catch(() => undefined),
    () => leaving.abort(),
  );
  try {
    await Promise.race([stream.ended, untilAborted(leaving.signal)]);
  } finally {
    keys.close();
    stream.close();
    screen.end();
  }
}
