/**
 * Which ledger a state folder's records go to. Whoever writes notes it in the folder, in `ledger-place`, so that the
 * command line and the host daemon find it too; without that file it is the folder `ledger` beside it. A password never
 * stands in the file.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, writeDurably } from '../../durable';
import { formatLedgerPlace, type LedgerPlace, parseLedgerPlace } from './ledger-place';

/** What may say where the ledger is, the first that does. */
export interface LedgerNames {
  readonly stateDir: string;
  /** The provider's `ledger`. */
  readonly named?: string | undefined;
  /** `NEXUS_LEDGER`. */
  readonly fromEnvironment?: string | undefined;
  /** What a relative folder starts from. */
  readonly baseFolder: string;
}

const placeFile = (stateDir: string): string => join(stateDir, 'ledger-place');

/** Where a state folder keeps its ledger when nothing else is said. */
export function ownLedgerPlace(stateDir: string): LedgerPlace {
  return { kind: 'folder', folder: join(stateDir, 'ledger') };
}

/** What is said, or the folder's own. @throws NexusError `bad-ledger-url` */
export function namedLedgerPlace({ stateDir, named, fromEnvironment, baseFolder }: LedgerNames): LedgerPlace {
  const own = ownLedgerPlace(stateDir);
  const environment = fromEnvironment ? parseLedgerPlace(fromEnvironment, baseFolder) : undefined;
  if (named === undefined || named === '') return environment ?? own;
  const place = parseLedgerPlace(named, baseFolder);
  // The same address with a password is what the environment is for.
  return environment !== undefined && areSamePlaces(environment, place) ? environment : place;
}

/** What is said, or what was noted, or the folder's own. @throws NexusError `bad-ledger-url` */
export function findLedgerPlace(names: LedgerNames): LedgerPlace {
  const { stateDir, named } = names;
  return namedLedgerPlace({
    ...names,
    named: named || (names.fromEnvironment ? undefined : readNote(stateDir)),
  });
}

/** Notes the place for {@link findLedgerPlace}. */
export async function noteLedgerPlace(stateDir: string, place: LedgerPlace): Promise<void> {
  const text = formatLedgerPlace(place);
  if (areSamePlaces(place, ownLedgerPlace(stateDir))) rmSync(placeFile(stateDir), { force: true });
  else if (readNote(stateDir) !== text) await writeDurably(placeFile(stateDir), `${text}\n`);
}

function readNote(stateDir: string): string | undefined {
  try {
    return readFileSync(placeFile(stateDir), 'utf8').trimEnd();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function areSamePlaces(left: LedgerPlace, right: LedgerPlace): boolean {
  return left.kind === right.kind && formatLedgerPlace(left) === formatLedgerPlace(right);
}
