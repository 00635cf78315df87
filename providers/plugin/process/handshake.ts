/**
 * How go-plugin and a plugin find each other: variables in, one line on standard output back.
 *
 *     1|6|unix|/tmp/plugin-x/provider.sock|grpc|CERTIFICATE
 *
 * core protocol version, plugin protocol version, network, address, transport, the server's certificate as DER in
 * base64 without padding. https://github.com/hashicorp/go-plugin/blob/main/docs/guide-plugin-write-non-go.md
 */

const cookieName = 'TF_PLUGIN_MAGIC_COOKIE';
const cookieValue = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2';
const protocolVersion = 6;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Address {
  readonly network: 'unix' | 'tcp';
  /** Path of the socket, or `127.0.0.1:PORT`. */
  readonly address: string;
}

/** What Terraform asked for. */
export interface Handshake {
  /** PEM of the only client that may connect; undefined: no TLS. */
  readonly clientCertificate: string | undefined;
  /** Folder for the socket. */
  readonly socketFolder: string | undefined;
  readonly ports: { readonly minimum: number; readonly maximum: number } | undefined;
  /** The client opens all its connections through one; the line then says whether we do. We do not. */
  readonly multiplex: boolean;
}

/** Why this process was not started by Terraform in a way it can serve; for a person at a terminal. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
}

/** Whether Terraform started this process. */
export function isStartedByTerraform(environment: Environment): boolean {
  return environment[cookieName] === cookieValue;
}

/** @throws HandshakeError */
export function parseHandshake(environment: Environment, name: string): Handshake {
  if (!isStartedByTerraform(environment))
    throw new HandshakeError(
      `${name} is a Terraform provider: it is started by Terraform and not by hand.\n` +
        'To debug it, start it with --debug and give Terraform the line that it prints.',
    );
  checkVersion(environment.PLUGIN_PROTOCOL_VERSIONS, name);
  return {
    clientCertificate: environment.PLUGIN_CLIENT_CERT || undefined,
    socketFolder: environment.PLUGIN_UNIX_SOCKET_DIR || undefined,
    ports: parsePorts(environment),
    multiplex: (environment.PLUGIN_MULTIPLEX_GRPC ?? '') !== '',
  };
}

function checkVersion(offered: string | undefined, name: string): void {
  if (offered === undefined || offered.split(',').includes(String(protocolVersion))) return;
  throw new HandshakeError(
    `${name} speaks protocol version ${protocolVersion}: Terraform offered ${offered}, use Terraform 1.0 or later.`,
  );
}

function parsePorts(environment: Environment): Handshake['ports'] {
  const [minimum, maximum] = [environment.PLUGIN_MIN_PORT, environment.PLUGIN_MAX_PORT].map(Number);
  const valid = Number.isInteger(minimum) && Number.isInteger(maximum);
  return valid && minimum !== undefined && maximum !== undefined && minimum > 0 && maximum < 65_536
    ? { minimum, maximum }
    : undefined;
}

/** @param certificate DER of the server's certificate; undefined: no TLS */
export function formatHandshakeLine(
  { network, address }: Address,
  certificate: Uint8Array | undefined,
  multiplex: boolean,
): string {
  const encoded = Buffer.from(certificate ?? [])
    .toString('base64')
    .replace(/=+$/, '');
  return ['1', protocolVersion, network, address, 'grpc', encoded, ...(multiplex ? ['false'] : [])].join('|');
}

/** The value of TF_REATTACH_PROVIDERS that makes Terraform use a running provider. Test: it does not end it. */
export function formatReattach(provider: string, { network, address }: Address, pid: number): string {
  return JSON.stringify({
    [provider]: {
      Protocol: 'grpc',
      ProtocolVersion: protocolVersion,
      Pid: pid,
      Test: true,
      Addr: { Network: network, String: address },
    },
  });
}
