/** gRPC service definitions: `tfplugin6.Provider` and the three services that go-plugin asks of every plugin. */
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import type protobuf from 'protobufjs/light';
import { loadRoot } from './descriptors';
import { calls } from './tfplugin6-calls';

type AnyMessage = Readonly<Record<string, unknown>>;
type Method = MethodDefinition<AnyMessage, AnyMessage>;

/** `defaults` so that each field of a message is there: empty text, list or map, null for a message left out. */
const toObjectOptions = { defaults: true, longs: Number } as const;

export function providerService(): ServiceDefinition {
  const root = once(loadRoot);
  const service: Record<string, Method> = {};
  for (const line of calls.trim().split('\n')) {
    const [, name = '', request = '', response = ''] = /^(\w+): (.+) -> (.+)$/.exec(line) ?? [];
    service[name] = method(root, name, request, response);
  }
  return service;
}

/** The descriptors wait for the first message: the handshake needs none of them. */
type LazyRoot = () => protobuf.Root;

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function method(root: LazyRoot, name: string, request: string, response: string): Method {
  return {
    path: `/tfplugin6.Provider/${name}`,
    requestStream: request.startsWith('stream '),
    responseStream: response.startsWith('stream '),
    ...codec(root, 'request', request),
    ...codec(root, 'response', response),
  } as Method;
}

function codec(root: LazyRoot, side: 'request' | 'response', spelled: string): object {
  const type = once(() => root().lookupType(`tfplugin6.${spelled.replace('stream ', '')}`));
  return {
    [`${side}Serialize`]: (message: AnyMessage) => Buffer.from(type().encode(message).finish()),
    [`${side}Deserialize`]: (bytes: Buffer) => type().toObject(type().decode(bytes), toObjectOptions),
  };
}

const empty = {
  serialize: () => Buffer.alloc(0),
  deserialize: () => ({}),
};

function plainMethod(
  path: string,
  responseStream: boolean,
  serialize: (value: AnyMessage) => Buffer,
): Method {
  return {
    path,
    requestStream: false,
    responseStream,
    requestSerialize: empty.serialize,
    requestDeserialize: empty.deserialize,
    responseSerialize: serialize,
    responseDeserialize: empty.deserialize,
  };
}

/** HealthCheckResponse { status = 1: enum }, SERVING is 1. */
const serving = () => Buffer.from([0x08, 0x01]);

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export const healthService: ServiceDefinition = {
  Check: plainMethod('/grpc.health.v1.Health/Check', false, serving),
  Watch: plainMethod('/grpc.health.v1.Health/Watch', true, serving),
};

/** https://github.com/hashicorp/go-plugin/tree/main/internal/plugin */
export const controllerService: ServiceDefinition = {
  Shutdown: plainMethod('/plugin.GRPCController/Shutdown', false, empty.serialize),
};

/** A stream of the plugin's stdout and stderr. Ours carries nothing: both are guarded and go to the log. */
export const stdioService: ServiceDefinition = {
  StreamStdio: plainMethod('/plugin.GRPCStdio/StreamStdio', true, empty.serialize),
};
