/** Data source `nexus_release`: a release by its CID, or the newest of a name. */
import { NexusError, parseCid, quote, releaseData } from '../../model';
import { AttributeError, pluginFor } from '../plugin';
import { blaming } from './_blame';
import type { Client } from './client';
import { type EntryOf, findDeployers } from './ledger-lookup';
import { readReleaseTexts } from './release-texts';

const { dataSource } = pluginFor<Client>();

export const releaseSource = dataSource(releaseData, {
  validate({ cid, name }) {
    if ((cid === null) !== (name === null)) return;
    const current = cid === null ? 'neither is given' : 'both are given';
    throw new AttributeError(
      'cid',
      `Cannot choose a release: ${current}, expected "cid" or "name"`,
      'Give one of the two.',
    );
  },
  async read({ cid, name }, { client }) {
    const entry = await blaming(cid === null ? 'name' : 'cid', () => findRelease({ cid, name }, client));
    return { cid: entry.cid, ...(await readReleaseTexts(entry.statement.predicate, client)) };
  },
});

interface Choice {
  readonly cid: string | null;
  readonly name: string | null;
}

async function findRelease({ cid, name }: Choice, client: Client): Promise<EntryOf<'release'>> {
  const wanted = cid === null ? undefined : parseCid(cid);
  const found = await findDeployers(client, 'release', (entry) =>
    wanted === undefined ? entry.statement.predicate.name === name : entry.cid === wanted,
  );
  if (found !== undefined) return found;
  throw new NexusError(
    'unknown-release',
    `Cannot find release ${quote(cid ?? name ?? '')}: the ledger has none that the deployer signed`,
    { hint: 'Take the CID or the name of a release from `nexus log --kind release`.' },
  );
}
