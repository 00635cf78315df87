/**
 * What no running machine needs, whatever package it came in. `nexus build --explain` names the rule; a cell's own `keep`
 * is stronger than all of them.
 */
import { createMatcher } from './glob';

export interface Rule {
  readonly name: string;
  readonly patterns: readonly string[];
}

export const rules: readonly Rule[] = [
  {
    name: 'documentation',
    patterns: ['usr/share/doc', 'usr/share/doc-base', 'usr/share/info', 'usr/share/help'],
  },
  { name: 'manual pages', patterns: ['usr/share/man', 'usr/local/share/man', 'usr/local/man'] },
  { name: 'locales', patterns: ['usr/share/locale', 'usr/share/i18n', 'usr/lib/locale'] },
  { name: 'headers', patterns: ['usr/include', 'usr/lib/**/include'] },
  { name: 'static libraries', patterns: ['usr/lib/**/*.a', 'usr/lib/**/*.la', 'usr/lib/**/*.o'] },
  {
    name: 'build files',
    patterns: ['usr/lib/**/pkgconfig', 'usr/share/pkgconfig', 'usr/share/aclocal', 'usr/lib/**/cmake'],
  },
  { name: 'debug sections', patterns: ['usr/lib/debug', 'usr/share/gdb'] },
  {
    name: 'package tools',
    patterns: [
      'usr/share/lintian',
      'usr/share/bug',
      'usr/share/menu',
      'var/lib/dpkg',
      'var/cache',
      'usr/share/apport',
    ],
  },
  {
    name: 'desktop files',
    patterns: ['usr/share/applications', 'usr/share/icons', 'usr/share/pixmaps', 'usr/share/metainfo'],
  },
  {
    name: 'shell completions',
    patterns: ['usr/share/bash-completion', 'usr/share/zsh', 'usr/share/fish', 'etc/bash_completion.d'],
  },
  {
    name: 'service files of another init',
    patterns: ['etc/init.d', 'usr/lib/systemd', 'usr/share/dbus-1', 'etc/default'],
  },
  { name: 'compiled Python', patterns: ['**/__pycache__'] },
];

const compiled = rules.map(({ name, patterns }) => ({ name, isNamed: createMatcher(patterns) }));

/** The rule that takes a path away, undefined when none does. */
export function findRule(path: string): string | undefined {
  return compiled.find(({ isNamed }) => isNamed(path))?.name;
}
