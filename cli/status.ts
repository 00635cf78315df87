/** `nexus status`: what each node runs, as the node itself says when it is asked. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Cid, cidFromDigest, formatError } from '../model';
import {
  type DeployedNode,
  nodePaths,
  type Observation,
  readConsoleTail,
  surveyNodes,
} from '../providers/deploy';
import { lastLines } from './console-text';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { observeAll } from './observe';
import { formatDuration, formatTable, printJson } from './output';
import { createProgress } from './progress';
import { listStacks, readPin } from './stack';
import { stateFolder } from './state';
import { cutTo } from './terminal-text';
import { createVerb } from './verb';
import { count, shortCid } from './words';

export function defineStatus(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('status', 'ask every node what it runs, and show it', [
    ['nexus status', 'a table of all nodes'],
    ['nexus status --json', 'the same for programs, with whole CIDs'],
  ])
    .addHelpText('after', '\nExit code 3: some node does not run as it was deployed.')
    .action(async (options: CommonOptions) => end(await status(options, io)));
}

async function status(options: CommonOptions, io: Io): Promise<ExitCode> {
  const stateDir = stateFolder(options, io);
  const { deployed, unreadable: broken } = await surveyNodes(stateDir);
  const nodes = await askAll(stateDir, deployed, options, io);
  const pins = findPins(stateDir, io);
  const unreadable = broken.map(({ node, problem }) => ({ node, problem: formatError(problem) }));
  if (options.json) printJson(io.out, { state: stateDir, nodes, unreadable, pins });
  else {
    const table =
      nodes.length === 0 && broken.length > 0 ? '' : formatStatus(nodes, stateDir, io.out.columns);
    io.out.write([table, ...unreadable.map(formatUnreadable), ...pins.map(formatPin)].join(''));
  }
  return nodes.every(isInOrder) && broken.length === 0 ? exitCode.ok : exitCode.no;
}

/** Its machine may well run: what it is to be compared with is lost. */
function formatUnreadable({ node, problem }: { readonly node: string; readonly problem: string }): string {
  return `${node} is unreadable: ${problem}\n`;
}

/** Stacks of the working folder that a rollback has pinned: their next deploy would surprise who does not know. */
function findPins(stateDir: string, { cwd }: Io) {
  return listStacks(join(cwd, 'cdktf.out'))
    .filter((stack) => stack.stateDir === stateDir)
    .flatMap((stack) => {
      const release = readPin(stack);
      return release === undefined ? [] : [{ stack: stack.name, release }];
    });
}

function formatPin({ stack, release }: { readonly stack: string; readonly release: Cid }): string {
  return `Stack "${stack}" is pinned to release ${shortCid(release)}; \`nexus rollback --clear\` lets it follow its code.\n`;
}

async function askAll(
  stateDir: string,
  deployed: readonly DeployedNode[],
  options: CommonOptions,
  io: Io,
): Promise<NodeReport[]> {
  const progress = createProgress(io.err, options.json === true);
  progress.step('asking', count(deployed.length, 'node'));
  try {
    const names = deployed.map(({ node }) => node);
    const seen = await observeAll(stateDir, names, io);
    return deployed.map((node, index) => {
      const log = readConsoleTail(nodePaths(stateDir, node.node).folder);
      return describe(node, seen[index], lastLines(log, 1).at(-1));
    });
  } finally {
    progress.clear();
  }
}

/** What the node says of itself where it says something with its own key, else what the host has recorded. */
function describe(node: DeployedNode, seen: Observation | undefined, lastWords: string | undefined) {
  const said = seen?.status === 'wrong-key' ? undefined : seen?.record?.statement;
  const digest = said?.subject[0]?.digest.sha256;
  const { uptimeMicros, cells, peers } = said?.predicate ?? {};
  return {
    node: node.node,
    status: seen?.status ?? 'missing',
    detail: seen?.detail ?? '',
    mesh: node.mesh,
    image: digest === undefined ? node.imageCid : cidFromDigest('raw', Buffer.from(digest, 'hex')),
    release: said?.predicate.release ?? node.release,
    slot: node.slot,
    epoch: said?.predicate.epoch ?? node.epoch,
    pid: seen?.pid ?? null,
    uptimeMs: uptimeMicros === undefined ? null : Number(BigInt(uptimeMicros) / 1000n),
    cells: cells ?? [],
    peers: peers?.length ?? 0,
    peersHeard: peers?.filter(({ heard }) => heard).length ?? 0,
    /** True while a deployment is at work, or was interrupted. */
    trying: node.trying,
    lastWords: lastWords ?? null,
  };
}

type NodeReport = ReturnType<typeof describe>;

const isInOrder = ({ status, trying }: NodeReport): boolean => status === 'running' && !trying;

const columns = [
  'node',
  'status',
  'mesh',
  'image',
  'release',
  'slot',
  'epoch',
  'uptime',
  'peers',
  'last words',
];

function formatStatus(nodes: readonly NodeReport[], stateDir: string, width = 160): string {
  if (nodes.length === 0) return `Nothing is deployed in "${stateDir}".\n`;
  const table = formatTable([columns, ...nodes.map(formatRow)]);
  const lines = table.split('\n').map((line) => cutTo(line, width));
  return [...lines, ...nodes.flatMap(formatTrouble), closing(nodes), ''].join('\n');
}

function formatRow(report: NodeReport): string[] {
  const { node, status, mesh, image, release, slot, epoch, uptimeMs, peers, peersHeard, lastWords } = report;
  const uptime = uptimeMs === null ? '-' : formatDuration(uptimeMs);
  const heard = uptimeMs === null ? '-' : `${peersHeard}/${peers}`;
  return [
    node,
    status,
    mesh,
    shortCid(image),
    shortCid(release),
    slot,
    epoch,
    uptime,
    heard,
    lastWords ?? '',
  ];
}

/** What is not as it should be, in a sentence each. */
function formatTrouble({ node, status, detail, trying, cells }: NodeReport): string[] {
  const fallen = cells.filter(({ state }) => state !== 'running' && state !== 'exited');
  return [
    ...(status === 'running' ? [] : [`${node} is ${status}: ${detail}`]),
    ...(trying ? [`${node} is being deployed, or a deployment of it was interrupted`] : []),
    ...fallen.map(({ name, state }) => `${node}: cell ${name} was ended: ${state}`),
  ];
}

function closing(nodes: readonly NodeReport[]): string {
  const inOrder = nodes.filter(isInOrder).length;
  const all = count(nodes.length, 'node');
  if (inOrder === nodes.length)
    return `${all}, ${nodes.length === 1 ? 'which runs' : 'all running'} what was deployed.`;
  return `${inOrder} of ${all} run what was deployed; \`cdktf deploy\` mends the others.`;
}
