/** Cryptobox: a vault on a NetBSD rump kernel. */
import type { LinuxProfile } from '../profile';

export const cryptobox: LinuxProfile = {
  name: 'cryptobox',
  suites: {},
  kernels: {},
  modules: [],
  cells: [],
  services: [],
  volatileFolders: [],
  missingParts: ['the rump kernel (NetBSD, "librump" and its hypercalls)'],
};
