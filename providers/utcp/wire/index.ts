/** The payloads of packet types 2 to 9: one file a frame, all of one skeleton. */
export * from './accept';
export * from './close';
export * from './cookie';
export * from './counter';
export * from './data';
export * from './feedback';
export * from './heartbeat';
export * from './initiate';
export * from './open';
export * from './sealed';
