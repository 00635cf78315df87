/** Files that outlast a power cut and are seen whole or not at all. */
export { errorCode } from './error-code';
export { createDurably, type DurableOptions, writeDurably } from './file';
export { makeFolder, syncFolder } from './folder';
export { createTemporary, sweepTemporaries, temporaryPath } from './temporary';
