/**
 * Where in a registry: `HOST[:PORT]/NAME[:TAG]`, as the OCI distribution specification names repositories and tags
 * (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests). Plain HTTP is spoken to
 * this machine itself, and elsewhere only where that is asked for.
 */
import { NexusError, quote } from '../../../model';

export interface RegistryReference {
  /** `https://registry.example`, without a slash at its end. */
  readonly origin: string;
  /** As credentials are filed: `registry.example`, `127.0.0.1:5000`. */
  readonly host: string;
  /** `team/builds`. */
  readonly repository: string;
  readonly tag: string | undefined;
}

const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const pattern = new RegExp(
  `^(?:(https?)://)?((?:[A-Za-z0-9][A-Za-z0-9.-]{0,250}|\\[[0-9A-Fa-f:]{2,39}\\])(?::\\d{1,5})?)/(${part}(?:/${part})*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$`,
);

/** @param isInsecure plain HTTP to another machine. @throws NexusError `bad-reference` */
export function parseReference(text: string, isInsecure = false): RegistryReference {
  const [, scheme, host, repository, tag] = text.length > 600 ? [] : (pattern.exec(text) ?? []);
  if (host === undefined || repository === undefined || repository.length > 255)
    throw badReference(text, 'expected HOST[:PORT]/NAME[:TAG], the name in lower case');
  const isPlain = scheme === undefined ? isLoopback(host) || isInsecure : scheme === 'http';
  if (isPlain && !isLoopback(host) && !isInsecure)
    throw badReference(text, 'plain HTTP to another machine, expected https');
  return { origin: `${isPlain ? 'http' : 'https'}://${host}`, host, repository, tag };
}

/** Whether a host, with or without its port, is this machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}

function badReference(text: string, reason: string): NexusError {
  return new NexusError('bad-reference', `Cannot read registry ${quote(text)}: ${reason}`, {
    hint: 'Write it like registry.example/team/builds; --insecure allows plain HTTP.',
  });
}
