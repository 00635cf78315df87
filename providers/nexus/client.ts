/** What every resource works with: the state folder and what stands in it. Made once by the provider's `configure`. */
import { join, resolve } from 'node:path';
import {
  type Cid,
  cidOfStatement,
  createStatement,
  type Predicates,
  type RecordKind,
  type Statement,
} from '../../model';
import { type BuildTools, createFactory, type Factory } from '../factory';
import {
  Authority,
  Floors,
  finishRotation,
  type Ledger,
  type LedgerPlace,
  namedLedgerPlace,
  noteLedgerPlace,
  openLedgerAt,
  openRecordSigner,
  type Random,
  signStatement,
  type Unlocking,
} from '../provchain';
import { type RegistryPlace, type SharedRecipesDesk, sharedRecipes } from './registry';

/** The kinds of record that the deployer signs; the others are signed by nodes. */
type DeployerKind = Exclude<RecordKind, 'boot' | 'heartbeat'>;

/** What the provider takes from the machine it runs on. */
export interface Environment {
  /** The folder of Rumpk's sources. */
  readonly kernelFolder: string;
  readonly tools: BuildTools;
  /** The script that becomes the host daemon when it is called with `hostd`. */
  readonly hostdEntry: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: Random;
  /** What opens the deployer's key where it is locked. @default nothing does */
  readonly unlocking?: Unlocking;
  /** What `NEXUS_LEDGER` says: where the ledger is. @default the folder `ledger` of the state folder */
  readonly ledger?: string | undefined;
  /** What `NEXUS_POLICY` says: who must have cosigned what a ledger behind a server says. @default `log.policy` beside the keys */
  readonly policyFile?: string | undefined;
  /** The registry that builds are shared over, `NEXUS_REGISTRY`. @default none */
  readonly registry?: (RegistryPlace & Pick<SharedRecipesDesk, 'env' | 'report'>) | undefined;
}

/** The rules that records are judged by, with all that the ledger says to them. */
export interface Judge {
  readonly authority: Authority;
  readonly floors: Floors;
}

export interface Client {
  /** Absolute path of the state folder. */
  readonly stateDir: string;
  readonly environment: Environment;
  readonly factory: Factory;
  /** The ledger, made at first use. */
  ledger(): Promise<Ledger>;
  /** Whose word counts where in the ledger, and the floors of its releases, as of now. */
  judge(): Promise<Judge>;
  /**
   * That the ledger takes records now and publishes them: asked before something is done that is to be recorded.
   * @throws NexusError `policy-unmet` when its witnesses are missing, and what else an append throws
   */
  checkLedger(): Promise<void>;
  /** Appends a record signed by the deployer, once: the same record again gives the CID of the first. */
  record<K extends DeployerKind>(kind: K, predicate: Predicates[K]): Promise<Cid>;
}

/**
 * @param stateDir absolute, or relative to the working folder
 * @param place where the ledger is; without it the environment says so
 */
export async function openClient(
  stateDir: string,
  environment: Environment,
  place?: LedgerPlace,
): Promise<Client> {
  const folder = resolve(stateDir);
  const { kernelFolder, tools, ledger: fromEnvironment, registry } = environment;
  const ledgerPlace =
    place ?? namedLedgerPlace({ stateDir: folder, fromEnvironment, baseFolder: process.cwd() });
  const book = lazily(() => openBook(folder, ledgerPlace, environment));
  return {
    stateDir: folder,
    environment,
    factory: await createFactory(
      { stateDir: folder, kernelFolder, tools },
      registry && ((store) => sharedRecipes(registry, { ...registry, stateDir: folder, store })),
    ),
    ledger: async () => (await book()).ledger,
    judge: async () => (await book()).judge(),
    checkLedger: async () => (await book()).check(),
    record: async (kind, predicate) => {
      const { ledger, deployer } = await book();
      // A statement of one kind is one of the statements; TypeScript does not see that through a type parameter.
      const statement = createStatement(kind, predicate) as Statement;
      return (await ledger.appendSigned(await signStatement(statement, deployer), { once: true })).cid;
    },
  };
}

/** The ledger with the deployer's key, which it introduces in its first record. */
async function openBook(stateDir: string, place: LedgerPlace, environment: Environment) {
  const { clock, random, unlocking, policyFile } = environment;
  const keysFolder = join(stateDir, 'keys');
  // A rotation that was interrupted: the old key's word counts no more, so the new one takes its place first.
  for (const role of ['log', 'deployer'] as const)
    await finishRotation(role, { keysFolder, place, clock, random, ...unlocking });
  const ledger = await openLedgerAt({ place, keysFolder, clock, random, policyFile });
  await noteLedgerPlace(stateDir, place);
  const deployer = await openRecordSigner({ folder: keysFolder, role: 'deployer', random, ...unlocking });
  const key = Buffer.from(deployer.publicKey).toString('hex');
  const introduction = createStatement('key', { role: 'deployer', name: 'deployer', key });
  // Looked up first: to read a ledger, nobody is asked for a passphrase.
  if ((await ledger.find(cidOfStatement(introduction))) === undefined)
    await ledger.appendSigned(await signStatement(introduction, deployer), { once: true });
  const check = async (): Promise<void> => {
    await ledger.checkPublishable();
    // It is there; but a server that cannot publish what waits says so.
    await ledger.appendSigned(await signStatement(introduction, deployer), { once: true });
  };
  return { ledger, deployer, check, judge: judging(ledger, key) };
}

/** Reads what was added since the last time; of two at once each entry is taken once. */
function judging(ledger: Ledger, deployerKey: string): () => Promise<Judge> {
  const authority = new Authority(deployerKey);
  const floors = new Floors(authority);
  let [size, last] = [0, Promise.resolve()];
  const takeNew = async (): Promise<void> => {
    for await (const entry of ledger.entries({ from: size })) {
      authority.take(entry);
      floors.take(entry);
      size = entry.index + 1;
    }
  };
  return async () => {
    last = last.then(takeNew, takeNew);
    await last;
    return { authority, floors };
  };
}

/** Calls once; a failure is not kept, so that the next caller tries again. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
