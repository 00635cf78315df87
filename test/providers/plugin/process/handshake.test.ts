import {
  formatHandshakeLine,
  formatReattach,
  HandshakeError,
  parseHandshake,
} from '../../../../providers/plugin/process/handshake';

const cookie = { TF_PLUGIN_MAGIC_COOKIE: 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2' };
const unix = { network: 'unix', address: '/tmp/p/provider.sock' } as const;

describe('the handshake', () => {
  test('reads what Terraform asks for', () => {
    const asked = parseHandshake(
      {
        ...cookie,
        PLUGIN_PROTOCOL_VERSIONS: '6,5',
        PLUGIN_CLIENT_CERT: 'PEM',
        PLUGIN_MIN_PORT: '10000',
        PLUGIN_MAX_PORT: '25000',
        PLUGIN_UNIX_SOCKET_DIR: '/run/p',
        PLUGIN_MULTIPLEX_GRPC: 'true',
      },
      'x',
    );
    expect(asked).toEqual({
      clientCertificate: 'PEM',
      socketFolder: '/run/p',
      ports: { minimum: 10_000, maximum: 25_000 },
      multiplex: true,
    });
  });

  test('without the cookie says that this is a provider, with an older protocol what to use', () => {
    expect(() => parseHandshake({}, 'host/ns/demo')).toThrow('host/ns/demo is a Terraform provider');
    expect(() => parseHandshake({ ...cookie, PLUGIN_PROTOCOL_VERSIONS: '4,5' }, 'x')).toThrow(HandshakeError);
  });

  test('answers with one line; a seventh field only where it was asked', () => {
    expect(formatHandshakeLine(unix, Uint8Array.of(1, 2), false)).toBe(
      '1|6|unix|/tmp/p/provider.sock|grpc|AQI',
    );
    expect(formatHandshakeLine(unix, undefined, false)).toBe('1|6|unix|/tmp/p/provider.sock|grpc|');
    const tcp = { network: 'tcp', address: '127.0.0.1:1' } as const;
    expect(formatHandshakeLine(tcp, undefined, true)).toBe('1|6|tcp|127.0.0.1:1|grpc||false');
  });

  test('reattach names the provider, its socket and its process', () => {
    expect(JSON.parse(formatReattach('host/ns/demo', unix, 42))).toEqual({
      'host/ns/demo': {
        Protocol: 'grpc',
        ProtocolVersion: 6,
        Pid: 42,
        Test: true,
        Addr: { Network: 'unix', String: '/tmp/p/provider.sock' },
      },
    });
  });
});
