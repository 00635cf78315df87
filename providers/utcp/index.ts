/** UTCP: the wire format of the mesh, the reference receiver of hellos, and sessions. docs/utcp.md is the specification. */
export * from './ethernet';
export * from './header';
export * from './hello';
export * from './neighbourhood';
export * from './session';
export * from './wire';
