/**
 * Schemas of Terraform resources as typed values, written once. The protocol schema, the types of config, plan and
 * state, a construct's props, validation and the reference pages all come from them. Pure; imports nothing.
 */
export * from './attribute';
export * from './block';
export * from './builders';
export * from './define';
export * from './duration';
export * from './identity';
export * from './infer';
export * from './props';
export * from './timeouts';
export * from './unknown';
export * from './validators';
