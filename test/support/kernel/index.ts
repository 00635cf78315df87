/** What tests and benchmarks of the kernel need: images from C text, nodes of a mesh, machines, an Ethernet hub. */
export * from './ethernet-hub';
export * from './kernel-rig';
export * from './rumpk-image';
export * from './rumpk-machine';
export * from './rumpk-nodes';
export * from './rumpk-record';
