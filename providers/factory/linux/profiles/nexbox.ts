/** Nexbox: a developer's machine. All that its packages have stays, but for what nobody reads at a terminal. */
import { type LinuxProfile, profileCell } from '../profile';
import { rootModules, virtioModules } from './modules';

/** Besides nip's own rules, which do not hold where patterns are named: a compiler needs headers and start files. */
const drop = [
  'etc/init.d',
  'etc/sv',
  'usr/bin/*-lto-dump-*',
  'usr/games',
  'usr/lib/**/*.la',
  'usr/lib/*-linux-gnu/libc.a',
  'usr/lib/*-linux-gnu/libgprofng*',
  'usr/lib/*-linux-gnu/libm-*.a',
  'usr/lib/*-linux-gnu/libmvec.a',
  'usr/lib/*-linux-gnu/perl/**/*.a',
  'usr/lib/gcc/**/lto1',
  'usr/lib/gcc/**/lto-wrapper',
  'usr/lib/gcc/**/lib*san*',
  'usr/lib/gcc/**/libgfortran*',
  'usr/lib/systemd',
  'usr/lib/*-linux-gnu/lib*san.so*',
  'usr/lib/python3*/cgi.py',
  'usr/lib/udev',
  'usr/share/bash-completion',
  'usr/share/bug',
  'usr/share/doc',
  'usr/share/doc-base',
  'usr/share/info',
  'usr/share/libgcrypt20',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
  'usr/share/perl/*/pod',
  'usr/share/vim/*/doc',
  'usr/share/vim/*/lang',
  'usr/share/vim/*/spell',
  'usr/share/vim/*/tutor',
  'usr/share/zsh',
  'var/cache',
  'var/lib/dpkg',
];

export const nexbox: LinuxProfile = {
  name: 'nexbox',
  suites: { x86_64: 'bookworm', riscv64: 'trixie' },
  kernels: { x86_64: 'linux-image-amd64', riscv64: 'linux-image-riscv64' },
  modules: [...virtioModules, ...rootModules, 'loop'],
  cells: [
    profileCell({
      name: 'workstation',
      packages: [
        'bash',
        'busybox-static',
        'coreutils',
        'gcc',
        'git',
        'libc6-dev',
        'openssh-server',
        'python3',
        'vim',
      ],
      keep: ['etc/**', 'usr/**', 'var/**'],
      drop,
      links: {
        '/usr/bin/cc': 'gcc',
        '/usr/bin/editor': 'vim.basic',
        '/usr/bin/sh': 'bash',
        '/usr/bin/vi': 'vim.basic',
        '/usr/bin/vim': 'vim.basic',
      },
    }),
  ],
  services: [
    {
      name: 'ssh',
      run: ['/usr/bin/sh', '-c', 'mkdir -p /run/sshd && ssh-keygen -q -A && exec /usr/sbin/sshd -D -e'],
    },
    { name: 'terminal', run: ['/usr/bin/bash', '-l'], terminal: '/dev/ttyS1' },
  ],
  volatileFolders: [],
  missingParts: [],
};
