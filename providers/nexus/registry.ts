/**
 * The registry that builds are shared over: whose word counts there, and with which credentials it is spoken to.
 *
 *     keys/deployer.pub      this machine's own key: what it has pushed it believes
 *     keys/registry.allow    keys of others who may say what a recipe gave, one a line
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../durable';
import type { SharedRecipes } from '../factory';
import { parseKeyList } from '../provchain';
import {
  type BlockStore,
  type Credentials,
  credentialsOf,
  parseReference,
  RegistryClient,
  type RegistryOptions,
  RegistryRecipes,
} from '../store';

export interface RegistryPlace {
  /** `HOST[:PORT]/NAME[:TAG]` */
  readonly place: string;
  /** Plain HTTP to other machines. @default false */
  readonly isInsecure?: boolean | undefined;
}

/** With the credentials of docker's own file. @throws NexusError `bad-reference` */
export async function openRegistry(
  { place, isInsecure = false }: RegistryPlace,
  env: Readonly<Record<string, string | undefined>>,
  options: Omit<RegistryOptions, 'credentials'> = {},
): Promise<RegistryClient> {
  const reference = parseReference(place, isInsecure);
  return new RegistryClient(reference, {
    ...options,
    credentials: await findCredentials(reference.host, env),
  });
}

async function findCredentials(
  host: string,
  { DOCKER_CONFIG: folder, HOME: home = homedir() }: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | undefined> {
  const text = await readIfThere(join(folder ?? join(home, '.docker'), 'config.json'));
  return text === undefined ? undefined : credentialsOf(text, host);
}

/** In hex: who is believed when he says what a recipe gave. */
async function trustedKeys(stateDir: string): Promise<ReadonlySet<string>> {
  const texts = ['deployer.pub', 'registry.allow'].map((name) => readIfThere(join(stateDir, 'keys', name)));
  return new Set((await Promise.all(texts)).flatMap((text) => parseKeyList(text ?? '')));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

export interface SharedRecipesDesk {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly store: BlockStore;
  /** Told why the registry was of no help. */
  readonly report: (error: unknown) => void;
}

/** What a build asks before it carries out a recipe. Opened when it is first asked. */
export function sharedRecipes(
  place: RegistryPlace,
  { stateDir, env, store, report }: SharedRecipesDesk,
): SharedRecipes {
  let opened: Promise<RegistryRecipes> | undefined;
  const open = async (): Promise<RegistryRecipes> => {
    // A build does not wait long for what it can do itself.
    const client = await openRegistry(place, env, { triesMax: 2 });
    return new RegistryRecipes(store, client, { trusted: await trustedKeys(stateDir), report });
  };
  return {
    find: async (key) => {
      opened ??= open();
      return (await opened).find(key);
    },
  };
}

/** What the environment says: `NEXUS_REGISTRY`, and `NEXUS_REGISTRY_INSECURE=1` for plain HTTP to another machine. */
export function registryOf(
  env: Readonly<Record<string, string | undefined>>,
  report: (error: unknown) => void,
): (RegistryPlace & Pick<SharedRecipesDesk, 'env' | 'report'>) | undefined {
  const { NEXUS_REGISTRY: place = '', NEXUS_REGISTRY_INSECURE: insecure } = env;
  return place === '' ? undefined : { place, isInsecure: insecure === '1', env, report };
}
