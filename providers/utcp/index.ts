/** UTCP: the wire format of the mesh and the reference receiver. docs/utcp.md is the specification. */
export * from './ethernet';
export * from './header';
export * from './hello';
export * from './neighbourhood';
