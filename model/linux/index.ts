/** What a system of a Linux profile is: repositories, cells of foreign packages, and their lock. */
export * from './cell';
export * from './lock';
export * from './pledge';
export * from './repository';
export * from './system';
