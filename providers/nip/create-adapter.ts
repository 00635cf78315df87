/** The adapter of a name. */
import { type AdapterName, NexusError } from '../../model';
import type { BlockStore } from '../store';
import type { Adapter } from './adapter';
import { DebianAdapter } from './debian';

const makers: Partial<Record<AdapterName, (store: BlockStore) => Adapter>> = {
  debian: (store) => new DebianAdapter(store),
};

/** @throws NexusError `unknown-adapter` for one that this version has not got */
export function createAdapter(name: AdapterName, store: BlockStore): Adapter {
  const make = makers[name];
  if (make !== undefined) return make(store);
  throw new NexusError(
    'unknown-adapter',
    `Cannot read packages of "${name}": no adapter, expected one of ${Object.keys(makers).join(', ')}`,
    { hint: 'Use a version of nexus-factory that has it.' },
  );
}
