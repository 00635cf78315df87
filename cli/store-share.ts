/** `nexus store push` and `pull`: what was built, with the recipes that gave it, over an OCI registry. */
import { type Cid, isCid, parseCid } from '../model';
import { openRegistry, type RegistryPlace } from '../providers/nexus';
import { openRecordSigner } from '../providers/provchain';
import {
  type Pulled,
  type Pushed,
  parseReference,
  pull,
  push,
  pushRecipe,
  type RegistryClient,
  resolveTag,
  type StoreProgress,
} from '../providers/store';
import { createMeter } from './meter';
import { formatBytes, printJson } from './output';
import { unlockingFor } from './passphrase';
import { createProgress } from './progress';
import { keysFolder } from './state';
import type { StoreDesk } from './store';
import { readingInput, UsageError } from './usage-error';
import { count } from './words';

/** @returns true: what cannot be pushed is an error */
export async function pushStore(desk: StoreDesk): Promise<boolean> {
  const { recipes, names, io } = desk;
  const { place, roots: named } = await readingInput(() => readNames(names, desk));
  const entries = await recipes.entries();
  const outputs = entries.flatMap(({ output }) => output ?? []);
  const roots = [...new Set(named.length > 0 ? named : outputs)];
  if (roots.length === 0) throw nothingBuilt();
  const tag = parseReference(place.place, true).tag;
  const pushed = await sharing(desk, place, async (client, onProgress) => {
    const done: Pushed[] = [];
    for (const root of roots) {
      const tags = tag === undefined || roots.length > 1 ? [] : [tag];
      done.push(await push(root, desk.store, client, { tags, signal: io.signal, onProgress }));
    }
    await pushRecipes(desk, done, client);
    return done;
  });
  report(desk, { pushed }, describePushed(pushed, place.place));
  return true;
}

/** Which recipes gave what was pushed, each signed by this machine's deployer. */
async function pushRecipes(
  { stateDir, recipes, io }: StoreDesk,
  pushed: readonly Pushed[],
  client: RegistryClient,
): Promise<void> {
  const known = new Map(pushed.map((each) => [each.root, each]));
  const entries = (await recipes.entries()).filter(({ output }) => output !== undefined && known.has(output));
  if (entries.length === 0) return;
  const { random } = io.environment;
  const folder = keysFolder(stateDir);
  const signer = await openRecordSigner({ folder, role: 'deployer', random, ...unlockingFor(io) });
  for (const { key, output } of entries) {
    const found = output === undefined ? undefined : known.get(output);
    if (found !== undefined) await pushRecipe(key, found, signer, client);
  }
}

/** @returns true: what cannot be pulled is an error */
export async function pullStore(desk: StoreDesk): Promise<boolean> {
  const { names, store, io } = desk;
  const { place, roots: named } = await readingInput(() => readNames(names, desk));
  const { tag } = parseReference(place.place, true);
  if (named.length === 0 && tag === undefined) throw nothingNamed();
  const pulled = await sharing(desk, place, async (client, onProgress) => {
    const roots = named.length > 0 || tag === undefined ? named : [await resolveTag(tag, client)];
    const done: Pulled[] = [];
    for (const root of roots) done.push(await pull(root, store, client, { signal: io.signal, onProgress }));
    return done;
  });
  report(desk, { pulled }, describePulled(pulled));
  return true;
}

interface Names {
  readonly place: RegistryPlace;
  readonly roots: readonly Cid[];
}

/** CIDs, and the registry: the first name that is no CID, else what --registry or the environment says. */
function readNames(names: readonly string[], { io: { env } }: StoreDesk): Names {
  const [first, ...rest] = names;
  const isPlaced = first !== undefined && !isCid(first) && first.includes('/');
  const place = isPlaced ? first : env.NEXUS_REGISTRY;
  if (place === undefined || place === '') throw noRegistry();
  const isInsecure = env.NEXUS_REGISTRY_INSECURE === '1';
  parseReference(place, isInsecure);
  return { place: { place, isInsecure }, roots: (isPlaced ? rest : names).map(parseCid) };
}

async function sharing<T>(
  { options, io }: StoreDesk,
  place: RegistryPlace,
  act: (client: RegistryClient, onProgress: StoreProgress) => Promise<T>,
): Promise<T> {
  const client = await openRegistry(place, io.env, { signal: io.signal });
  const progress = createProgress(io.err, options.json === true);
  try {
    return await act(client, createMeter(progress, io.environment.clock));
  } finally {
    progress.clear();
    client.close();
  }
}

function report({ options, io }: StoreDesk, result: object, text: string): void {
  if (options.json) printJson(io.out, result);
  else io.out.write(text);
}

function describePushed(pushed: readonly Pushed[], place: string): string {
  const sum = (of: (each: Pushed) => number): number => pushed.reduce((total, each) => total + of(each), 0);
  const [sent, sizeBytes, there] = [
    sum((each) => each.sentCount),
    sum((each) => each.sentSizeBytes),
    sum((each) => each.thereCount),
  ];
  const roots = pushed.map(({ root }) => `  ${root}\n`).join('');
  return `Pushed ${formatBytes(sizeBytes)} in ${count(sent, 'block')} to ${place}; ${count(there, 'block')} stood there already.\n${roots}`;
}

function describePulled(pulled: readonly Pulled[]): string {
  const sum = (of: (each: Pulled) => number): number => pulled.reduce((total, each) => total + of(each), 0);
  const [sizeBytes, fetched, there] = [
    sum((each) => each.fetchedSizeBytes),
    sum((each) => each.fetchedCount),
    sum((each) => each.thereCount),
  ];
  const roots = pulled.map(({ root }) => `  ${root}\n`).join('');
  return `Pulled ${formatBytes(sizeBytes)} in ${count(fetched, 'block')}, each with the hash of its CID; ${count(there, 'block')} lay here already.\n${roots}`;
}

function noRegistry(): UsageError {
  return new UsageError('no-registry', 'Cannot share the store: no registry is named', {
    hint: 'Say which: `nexus store push registry.example/builds`, --registry, or NEXUS_REGISTRY.',
  });
}

function nothingNamed(): UsageError {
  return new UsageError('no-root', 'Cannot pull: neither a CID nor a tag is named', {
    hint: 'Say what: `nexus store pull CID`, or `nexus store pull registry.example/builds:TAG`.',
  });
}

function nothingBuilt(): UsageError {
  return new UsageError('nothing-built', 'Cannot push: no CID is named, and no recipe has given one here', {
    hint: 'Build something first, or name CIDs that are in the store.',
  });
}
