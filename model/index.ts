/** The words that all parts share, pure: nothing here touches disk, network, clock or randomness. */
export * from './cell';
export * from './cell-id';
export * from './cid';
export * from './error';
export * from './kdl';
export * from './mesh';
export * from './name';
export * from './pledge';
export * from './profile';
export * from './record';
export * from './release';
export * as shape from './shape';
export * from './sip-hash';
export * from './statement';
export * from './suggest';
export * from './system';
