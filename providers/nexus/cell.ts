/** `nexus_cell`: a folder of C files, built into a sealed cell in the store. */
import { resolve } from 'node:path';
import { type CellDefinition, cellResource, checkPledges, parseCid } from '../../model';
import { type PlannedOf, type StateOf, UNKNOWN } from '../../schema';
import { type BuiltCell, buildCell, findWholeCell, plannedCell, readSource } from '../factory';
import { type Context, pluginFor } from '../plugin';
import { blaming } from './_blame';
import { buildOptions } from './_build';
import { whenKnown } from './_known';
import { recordCell } from './artifact-records';
import type { Client } from './client';
import { importCell, importCellOfName } from './import';
import { checkReceipt } from './receipt';

type Planned = PlannedOf<typeof cellResource>;
type State = StateOf<typeof cellResource>;

const { resource } = pluginFor<Client>();

export const cell = resource(cellResource, {
  /** Sources change without the configuration: what they would give is looked up at each plan, never built. */
  async plan({ prior, planned }, ctx) {
    const { name, source, pledges, stack_bytes } = planned;
    const given = whenKnown({ name, source, pledges, stack_bytes });
    if (given === undefined) return undefined;
    const found = await blaming('source', () =>
      plannedCell(definitionOf(given), '.', ctx.client.factory, { signal: ctx.signal }),
    );
    if (found === undefined) {
      const { digest } = await readSource(resolve(given.source));
      return { ...ctx.markComputedUnknown(planned), source_digest: digest };
    }
    if (prior?.variant_cid === found.variantCid) {
      return { ...planned, ...describe(found), ledger_cid: prior.ledger_cid ?? UNKNOWN };
    }
    return { ...ctx.markComputedUnknown(planned), ...describe(found) };
  },
  create: (planned, ctx) => build(planned, ctx),
  update: ({ planned }, ctx) => build(planned, ctx),
  /** A cell whose blocks are not in the store is gone. */
  async read(prior, ctx) {
    if (prior.variant_cid === null) return undefined;
    if ((await findWholeCell(parseCid(prior.variant_cid), ctx.client.factory)) === undefined)
      return undefined;
    const receipt = await checkReceipt(prior.ledger_cid, `cell "${prior.name}"`, ctx);
    return { ...prior, ledger_cid: receipt };
  },
  /** The blocks stay: older releases are rolled back to from them. */
  async delete() {},
  identity: ({ name }) => ({ name }),
  importByIdentity: ({ name }, { client }) => importCellOfName(name, client),
  importState: (id, { client }) => importCell(id, client),
});

async function build(planned: Planned, ctx: Context<Client>): Promise<State> {
  const { factory } = ctx.client;
  const built = await blaming('source', () =>
    buildCell(definitionOf(planned), '.', factory, buildOptions(ctx)),
  );
  const ledgerCid = await recordCell(built, ctx.client);
  return { ...planned, ...describe(built), ledger_cid: ledgerCid };
}

function definitionOf({ name, source, pledges, stack_bytes }: Inputs): CellDefinition {
  return { name, source, pledges: checkPledges(pledges), stackBytes: stack_bytes };
}
type Inputs = Pick<Planned, 'name' | 'source' | 'pledges' | 'stack_bytes'>;

function describe(built: BuiltCell) {
  return { source_digest: built.sourceDigest, variant_cid: built.variantCid, size_bytes: built.sizeBytes };
}
