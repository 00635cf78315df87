/** Dragonbox: a stripped kernel with containerd and runc, and nothing else that runs. */
import { type LinuxProfile, profileCell } from '../profile';
import { containerModules, rootModules, virtioModules } from './modules';

export const dragonbox: LinuxProfile = {
  name: 'dragonbox',
  suites: { x86_64: 'bookworm', riscv64: 'trixie' },
  kernels: { x86_64: 'linux-image-amd64', riscv64: 'linux-image-riscv64' },
  modules: [...virtioModules, ...rootModules, ...containerModules],
  cells: [
    profileCell({
      name: 'containerd',
      packages: ['containerd', 'runc'],
      keep: ['usr/bin/containerd', 'usr/bin/containerd-shim-runc-v2', 'usr/bin/ctr', 'usr/sbin/runc'],
    }),
    profileCell({
      name: 'busybox',
      packages: ['busybox-static'],
      keep: ['usr/bin/busybox'],
      links: { '/usr/bin/sh': 'busybox' },
    }),
  ],
  services: [{ name: 'containerd', run: ['/usr/bin/containerd', '--log-level', 'warn'] }],
  volatileFolders: ['/var/lib/containerd'],
  missingParts: [],
};
