/** `nexus store`: the blocks and recipes of the state folder, swept, checked, and shared over an OCI registry. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { RecipeCache } from '../providers/factory';
import { BlockStore } from '../providers/store';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { stateFolder } from './state';
import { checkStoreVerb } from './store-check';
import { collectGarbage } from './store-gc';
import { pullStore, pushStore } from './store-share';
import { UsageError } from './usage-error';
import { createLedgerVerb, parseCount, withLedger, withRegistry } from './verb';
import { gather } from './verifier-keys';

/** All options of the verb; each action looks at its own. */
export interface StoreOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly keepReleases: number;
  readonly keepDays: number;
  readonly graceHours: number;
  readonly lock?: readonly string[];
  readonly repair?: boolean;
  readonly registry?: string;
  readonly insecure?: boolean;
}

/** What an action works on. */
export interface StoreDesk {
  readonly stateDir: string;
  readonly store: BlockStore;
  readonly recipes: RecipeCache;
  /** What follows the action. */
  readonly names: readonly string[];
  readonly options: StoreOptions;
  readonly io: Io;
}

export function defineStore(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('store', 'sweep, check and share what was built', [
    ['nexus store gc --dry-run', 'what would be removed'],
    ['nexus store gc --keep-releases 3', 'removes what nothing needs'],
    ['nexus store check --repair', 'every block, hashed again'],
    ['nexus store push registry.example/builds', 'what was built, and its recipes'],
    ['nexus store pull registry.example/builds:TAG', 'what a tag stands for'],
  ])
    .argument('<action>', 'gc, check, push or pull', parseAction)
    .argument('[names...]', 'push: the registry and CIDs; pull: CIDs, or HOST/NAME:TAG')
    .option('--dry-run', 'gc: say what would be removed, and remove nothing')
    .option('--keep-releases <n>', 'gc: the newest releases of each name that stay', parseCount, 10)
    .option('--keep-days <n>', 'gc: what recipes used in so many days gave stays', parseCount, 30)
    .option('--grace-hours <n>', 'gc: what is younger stays in any case', parseCount, 24)
    .option('--lock <file>', 'gc: another lock file whose packages stay; may be repeated', gather)
    .option('--registry <place>', 'push and pull: HOST/NAME, else NEXUS_REGISTRY')
    .option('--insecure', 'push and pull: plain HTTP to another machine')
    .option('--repair', 'check: remove bad blocks, and recipes that lead to none')
    .addHelpText('after', '\nExit code 3: `check` found something bad and was not told to repair it.')
    .action(async (action: Action, names: readonly string[], options: StoreOptions) =>
      end(await run(action, names, options, withRegistry(options, withLedger(options, io)))),
    );
}

const actions = { gc: collectGarbage, check: checkStoreVerb, push: pushStore, pull: pullStore } as const;
type Action = keyof typeof actions;

function parseAction(text: string): Action {
  const action = (Object.keys(actions) as Action[]).find((name) => name === text);
  if (action !== undefined) return action;
  throw new InvalidArgumentError(`expected one of ${Object.keys(actions).join(', ')}`);
}

async function run(
  action: Action,
  names: readonly string[],
  options: StoreOptions,
  io: Io,
): Promise<ExitCode> {
  if (names.length > 0 && (action === 'gc' || action === 'check')) throw tooMany(action);
  const stateDir = stateFolder(options, io);
  const store = await BlockStore.open(join(stateDir, 'store'));
  const recipes = await RecipeCache.open(join(stateDir, 'recipes'));
  return (await actions[action]({ stateDir, store, recipes, names, options, io }))
    ? exitCode.ok
    : exitCode.no;
}

function tooMany(action: Action): UsageError {
  return new UsageError('too-many-names', `Cannot run "store ${action}": it takes no names`, {
    hint: 'Run `nexus store --help` for what it takes.',
  });
}
