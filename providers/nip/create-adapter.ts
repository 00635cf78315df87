/** The adapter of a name. */
import type { AdapterName } from '../../model';
import type { BlockStore } from '../store';
import type { Adapter } from './adapter';
import { AlpineAdapter } from './alpine';
import { ChimeraAdapter } from './chimera';
import { DebianAdapter } from './debian';
import { NetBsdAdapter } from './netbsd';
import { OciAdapter } from './oci';
import { OpenBsdAdapter } from './openbsd';

const makers: Readonly<Record<AdapterName, (store: BlockStore) => Adapter>> = {
  alpine: (store) => new AlpineAdapter(store),
  chimera: (store) => new ChimeraAdapter(store),
  debian: (store) => new DebianAdapter(store),
  netbsd: (store) => new NetBsdAdapter(store),
  oci: (store) => new OciAdapter(store),
  openbsd: (store) => new OpenBsdAdapter(store),
};

export function createAdapter(name: AdapterName, store: BlockStore): Adapter {
  return makers[name](store);
}
