/** What tests and benchmarks of Linux profiles need: profiles built from the mirror, machines, container images. */
export * from './built-profile';
export * from './linux-machine';
export * from './oci-archive';
