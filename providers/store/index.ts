/** The block store: everything that is built or fetched, by the CID of its bytes. */
export { BlockStore, type ByteSource, type PutStreamOptions, type StreamedBlock } from './block-store';
export { type BadBlock, type CheckedStore, type CheckStoreOptions, checkStore } from './check';
export { linksOf, linksOfBlock, type Reached, reach } from './links';
export * from './oci';
export { type StoreProgress, type SweepOptions, type Swept, sweep } from './sweep';
