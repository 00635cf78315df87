/**
 * Pledges: what a Rumpk cell says it will use. `exit` and `yield` are always allowed; any other call outside
 * the cell's mask ends the cell with the state "pledge-violation".
 */
import { NexusError, quote } from './error';
import { suggest } from './suggest';

export interface PledgeDescription {
  /** The pledge's bit in the mask of a cell header. */
  readonly mask: number;
  readonly meaning: string;
}

const table = {
  stdio: { mask: 1, meaning: 'write lines to the console' },
  clock: { mask: 2, meaning: 'read the clock and sleep' },
  mesh: { mask: 4, meaning: "see the mesh's peers" },
} as const;

/** What a cell says it will use: `stdio` writes lines to the console, `clock` reads the clock and sleeps, `mesh` sees the peers. */
export type Pledge = keyof typeof table;

/** Every pledge, in the order of its bits. */
export const pledges: Readonly<Record<Pledge, PledgeDescription>> = table;

export const pledgeNames = Object.keys(table) as readonly Pledge[];

/** Text from outside as a pledge. @throws NexusError `unknown-pledge` */
export function parsePledge(text: string): Pledge {
  const pledge = pledgeNames.find((name) => name === text);
  if (pledge !== undefined) return pledge;
  throw new NexusError(
    'unknown-pledge',
    `Cannot read pledge ${quote(text)}: unknown name, expected one of ${pledgeNames.join(', ')}`,
    { hint: suggest(text, pledgeNames) },
  );
}

/** The bits of a set of pledges, as in a cell's header. Inverse: {@link pledgesOfMask}. */
export function pledgeMask(some: readonly Pledge[]): number {
  return some.reduce((mask, pledge) => mask | pledges[pledge].mask, 0);
}

/** The pledges of a mask, in the order of their bits. @throws NexusError `unknown-pledge` on a bit nobody knows */
export function pledgesOfMask(mask: number): readonly Pledge[] {
  const known = pledgeNames.filter((name) => (mask & pledges[name].mask) !== 0);
  if (pledgeMask(known) === mask) return known;
  throw new NexusError(
    'unknown-pledge',
    `Cannot read pledge mask "${mask}": it has a bit of no pledge, expected bits of ${pledgeMask(pledgeNames)}`,
  );
}

/** Each pledge once, in the order of the bits: the form in which pledges are written and hashed. */
export function sortPledges(some: readonly Pledge[]): readonly Pledge[] {
  return pledgesOfMask(pledgeMask(some));
}
