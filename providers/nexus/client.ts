/** What every resource works with: the state folder and what stands in it. Made once by the provider's `configure`. */
import { join, resolve } from 'node:path';
import { type Cid, createStatement, type Predicates, type RecordKind, type Statement } from '../../model';
import { type BuildTools, createFactory, type Factory } from '../factory';
import { type Ledger, openLedger, openSigningKey, type Random } from '../provchain';

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
}

export interface Client {
  /** Absolute path of the state folder. */
  readonly stateDir: string;
  readonly environment: Environment;
  readonly factory: Factory;
  /** The ledger, made at first use. */
  ledger(): Promise<Ledger>;
  /** The deployer's public key in hex: only what it signed counts as the deployer's word. */
  deployerKey(): Promise<string>;
  /** Appends a record signed by the deployer, once: the same record again gives the CID of the first. */
  record<K extends DeployerKind>(kind: K, predicate: Predicates[K]): Promise<Cid>;
}

/** @param stateDir absolute, or relative to the working folder */
export async function openClient(stateDir: string, environment: Environment): Promise<Client> {
  const folder = resolve(stateDir);
  const { kernelFolder, tools } = environment;
  const book = lazily(() => openBook(folder, environment));
  return {
    stateDir: folder,
    environment,
    factory: await createFactory({ stateDir: folder, kernelFolder, tools }),
    ledger: async () => (await book()).ledger,
    deployerKey: async () => Buffer.from((await book()).deployer.publicKey).toString('hex'),
    record: async (kind, predicate) => {
      const { ledger, deployer } = await book();
      // A statement of one kind is one of the statements; TypeScript does not see that through a type parameter.
      const statement = createStatement(kind, predicate) as Statement;
      return (await ledger.append(statement, deployer, { once: true })).cid;
    },
  };
}

/** The ledger with the deployer's key, which it introduces in its first record. */
async function openBook(stateDir: string, { clock, random }: Environment) {
  const keysFolder = join(stateDir, 'keys');
  const ledger = await openLedger({ folder: join(stateDir, 'ledger'), keysFolder, clock, random });
  const deployer = await openSigningKey({ folder: keysFolder, role: 'deployer', random });
  const key = Buffer.from(deployer.publicKey).toString('hex');
  const introduction = createStatement('key', { role: 'deployer', name: 'deployer', key });
  await ledger.append(introduction, deployer, { once: true });
  return { ledger, deployer };
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
