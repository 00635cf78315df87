import { loadRoot } from '../../../../providers/plugin/wire/descriptors';
import { providerService } from '../../../../providers/plugin/wire/service';

const service = providerService();

function method(name: string) {
  const found = service[name];
  if (found === undefined) throw new Error(name);
  return found;
}

describe('the service of protocol 6', () => {
  test('has all 36 calls, streams where the protocol streams', () => {
    expect(Object.keys(service)).toHaveLength(36);
    expect(method('PlanResourceChange').path).toBe('/tfplugin6.Provider/PlanResourceChange');
    const streams = Object.entries(service).filter(([, one]) => one.responseStream || one.requestStream);
    expect(streams.map(([name]) => name)).toEqual([
      'ListResource',
      'ReadStateBytes',
      'WriteStateBytes',
      'InvokeAction',
    ]);
  });

  test('every type named in the tables exists', () => {
    expect(() => loadRoot().resolveAll()).not.toThrow();
  });

  test('messages have the bytes of their field numbers', () => {
    const { responseSerialize, responseDeserialize } = method('PlanResourceChange');
    const message = {
      planned_state: { msgpack: Buffer.from([0xc0]) },
      requires_replace: [{ steps: [{ attribute_name: 'a' }, { element_key_int: 2 }] }],
      diagnostics: [{ severity: 1, summary: 's', detail: '', attribute: null }],
    };
    const bytes = responseSerialize(message);
    expect(bytes.toString('hex')).toBe('0a030a01c012090a030a01610a02180222050801120173');
    expect(responseDeserialize(bytes)).toMatchObject({
      planned_state: { msgpack: Buffer.from([0xc0]) },
      requires_replace: [{ steps: [{ attribute_name: 'a' }, { element_key_int: 2 }] }],
      planned_private: expect.anything(),
      deferred: null,
    });
  });

  test('fields left out are read as empty, messages left out as null', () => {
    const read = method('ApplyResourceChange').requestDeserialize(Buffer.alloc(0));
    expect(read).toMatchObject({ type_name: '', prior_state: null, planned_state: null, config: null });
    expect(method('CallFunction').requestDeserialize(Buffer.alloc(0))).toEqual({ name: '', arguments: [] });
  });
});
