/** A client of the plugin protocol, as a Terraform of any version would be one: gRPC on a real socket. */
import { type Client, credentials, makeClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { attach, type PluginDefinition } from '../../../providers/plugin';
import { formatMsgpack, parseMsgpack } from '../../../providers/plugin/wire/msgpack';
import { providerService } from '../../../providers/plugin/wire/service';

/** An answer's fields. Tests look into them by matchers. */
export type Answer = Readonly<Record<string, unknown>>;

interface Stream extends AsyncIterable<Answer> {
  cancel(): void;
}
type Unary = (request: object, done: (error: ServiceError | null, answer: Answer) => void) => void;
type Streaming = (request: object) => Stream;

export class WireClient {
  private constructor(
    private readonly grpc: Client & Readonly<Record<string, unknown>>,
    private readonly end: () => void,
  ) {}

  /** Serves the provider inside this process and connects to it. */
  static async connect<C>(definition: PluginDefinition<C>): Promise<WireClient> {
    const attached = await attach(definition);
    const place: { Addr: { String: string } } = JSON.parse(attached.reattach)[definition.address];
    const Constructor = makeClientConstructor(providerService(), 'test');
    const grpc = new Constructor(`unix:${place.Addr.String}`, credentials.createInsecure());
    return new WireClient(grpc as unknown as WireClient['grpc'], () => {
      grpc.close();
      attached.close();
    });
  }

  ask(name: string, request: object = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = this.grpc[name] as Unary;
      call.call(this.grpc, request, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  open(name: string, request: object): Stream {
    return (this.grpc[name] as Streaming).call(this.grpc, request);
  }

  /** All events of a stream. */
  async stream(name: string, request: object): Promise<Answer[]> {
    const events: Answer[] = [];
    for await (const event of this.open(name, request)) events.push(event);
    return events;
  }

  close(): void {
    this.end();
  }
}

/** A `DynamicValue`. */
export function pack(value: unknown): { msgpack: Uint8Array } {
  return { msgpack: formatMsgpack(value) };
}

/** Inverse of {@link pack}. */
export function unpack(value: unknown): unknown {
  return parseMsgpack((value as { readonly msgpack: Uint8Array }).msgpack);
}

/** `ResourceIdentityData`. */
export function packIdentity(value: unknown): object {
  return { identity_data: pack(value) };
}

export function unpackIdentity(value: unknown): unknown {
  return unpack((value as { readonly identity_data: unknown }).identity_data);
}

/** `RawState`. */
export function packStored(value: unknown): object {
  return { json: Buffer.from(JSON.stringify(value)) };
}
