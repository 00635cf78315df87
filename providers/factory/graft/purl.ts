/** Package URLs, https://github.com/package-url/purl-spec: how the rest of the world names a foreign package. */
import type { PinnedPackage } from '../../../model';

/** `pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64` */
export function formatPurl({ adapter, name, version, architecture }: PinnedPackage): string {
  const [type, namespace, arch] = kindOf(adapter, architecture);
  const head = namespace === undefined ? '' : `${namespace}/`;
  const qualifiers = arch === undefined ? '' : `?arch=${arch}`;
  return `pkg:${type}/${head}${encode(name)}@${encode(version)}${qualifiers}`;
}

const debianNames = { x86_64: 'amd64', riscv64: 'riscv64', aarch64: 'arm64', all: 'all' } as const;

function kindOf(
  adapter: PinnedPackage['adapter'],
  architecture: PinnedPackage['architecture'],
): [type: string, namespace: string | undefined, arch: string | undefined] {
  const apkArch = architecture === 'all' ? 'noarch' : architecture;
  if (adapter === 'debian') return ['deb', 'debian', debianNames[architecture]];
  if (adapter === 'alpine' || adapter === 'chimera') return ['apk', adapter, apkArch];
  if (adapter === 'oci') return ['oci', undefined, undefined];
  return ['generic', adapter, architecture === 'all' ? undefined : architecture];
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}
