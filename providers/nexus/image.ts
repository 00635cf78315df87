/** `nexus_image`: the kernel and the cells of one system, as one file that boots. */
import { imageResource, parseCid, parseSystem, type System } from '../../model';
import { type PlannedOf, type StateOf, UNKNOWN } from '../../schema';
import { type BuiltImage, buildImage, plannedImage, readKernelSource } from '../factory';
import { type Context, pluginFor } from '../plugin';
import { blaming } from './_blame';
import { buildOptions } from './_build';
import { whenKnown } from './_known';
import { recordImage } from './artifact-records';
import type { Client } from './client';
import { importImage, importImageOfName } from './import';
import { checkReceipt } from './receipt';

type Planned = PlannedOf<typeof imageResource>;
type State = StateOf<typeof imageResource>;

const { resource } = pluginFor<Client>();

export const image = resource(imageResource, {
  /** A changed kernel shows here although nothing of the configuration has changed. */
  async plan({ prior, planned }, ctx) {
    const given = whenKnown({ name: planned.name, system: planned.system, cells: planned.cells });
    if (given === undefined) return undefined;
    const found = await blaming('system', () =>
      plannedImage(systemOf(given), given.cells, ctx.client.factory, { signal: ctx.signal }),
    );
    if (found === undefined) {
      const { digest } = await readKernelSource(ctx.client.factory.kernelFolder);
      return { ...ctx.markComputedUnknown(planned), kernel_digest: digest };
    }
    if (prior?.image_cid === found.imageCid) {
      return { ...planned, ...describe(found), ledger_cid: prior.ledger_cid ?? UNKNOWN };
    }
    return { ...ctx.markComputedUnknown(planned), ...describe(found) };
  },
  create: (planned, ctx) => build(planned, ctx),
  update: ({ planned }, ctx) => build(planned, ctx),
  /** An image that is not in the store, or not whole, is gone. */
  async read(prior, ctx) {
    if (prior.image_cid === null) return undefined;
    const bytes = await ctx.client.factory.store.get(parseCid(prior.image_cid)).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const receipt = await checkReceipt(prior.ledger_cid, `image "${prior.name}"`, ctx);
    return { ...prior, ledger_cid: receipt };
  },
  /** The block stays: older releases are rolled back to from it. */
  async delete() {},
  identity: ({ name }) => ({ name }),
  importByIdentity: ({ name }, { client }) => importImageOfName(name, client),
  importState: (cid, { client }) => importImage(cid, client),
});

async function build(planned: Planned, ctx: Context<Client>): Promise<State> {
  const { factory } = ctx.client;
  const built = await blaming('system', () =>
    buildImage(systemOf(planned), planned.cells, factory, buildOptions(ctx)),
  );
  const ledgerCid = await recordImage(built, ctx.client);
  return { ...planned, ...describe(built), ledger_cid: ledgerCid };
}

function systemOf({ name, system }: { readonly name: string; readonly system: string }): System {
  return parseSystem(system, `system-${name}.kdl`);
}

function describe(built: BuiltImage) {
  return { kernel_digest: built.kernelDigest, image_cid: built.imageCid, size_bytes: built.sizeBytes };
}
