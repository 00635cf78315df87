/** The block store: everything that is built or fetched, by the CID of its bytes. */
export { BlockStore, type ByteSource, type PutStreamOptions, type StreamedBlock } from './block-store';
