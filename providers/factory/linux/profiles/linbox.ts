/** Linbox: a desktop. Its closure can be resolved and its sizes said; it has no budget. */
import { type LinuxProfile, profileCell } from '../profile';
import { containerModules, rootModules, virtioModules } from './modules';

export const linbox: LinuxProfile = {
  name: 'linbox',
  suites: { x86_64: 'bookworm', riscv64: 'trixie' },
  kernels: { x86_64: 'linux-image-amd64', riscv64: 'linux-image-riscv64' },
  modules: [
    ...virtioModules,
    ...rootModules,
    ...containerModules,
    'virtio_gpu',
    'virtio_input',
    'snd_hda_intel',
  ],
  cells: [
    profileCell({ name: 'desktop', packages: ['plasma-workspace', 'plasma-desktop', 'konsole', 'dolphin'] }),
    profileCell({ name: 'busybox', packages: ['busybox-static'], keep: ['usr/bin/busybox'] }),
  ],
  services: [],
  volatileFolders: [],
  missingParts: [],
};
