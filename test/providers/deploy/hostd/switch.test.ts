import fc from 'fast-check';
import { LearningSwitch } from '../../../../providers/deploy/hostd/switch';

const broadcast = 'ffffffffffff';
const addressOf = (port: number): string => `0200000000${port.toString(16).padStart(2, '0')}`;

function frame(destination: string, source: string, text = 'payload'): Uint8Array {
  return Buffer.concat([Buffer.from(`${destination}${source}88b5`, 'hex'), Buffer.from(text)]);
}

/** A switch with ports that note what they were sent. */
function rig(names: readonly string[]): { device: LearningSwitch; got: Map<string, Uint8Array[]> } {
  const [device, got] = [new LearningSwitch(), new Map<string, Uint8Array[]>()];
  for (const name of names) {
    got.set(name, []);
    device.attach(name, (sent) => {
      got.get(name)?.push(sent);
      return true;
    });
  }
  return { device, got };
}
const counts = (got: Map<string, Uint8Array[]>): number[] => [...got.values()].map((frames) => frames.length);

test('a frame to an unknown address goes to all ports but its own', () => {
  const { device, got } = rig(['a', 'b', 'c']);
  device.receive('a', frame(addressOf(9), addressOf(1)));
  expect(counts(got)).toEqual([0, 1, 1]);
});

test('a frame to an address that was learnt goes to its port alone', () => {
  const { device, got } = rig(['a', 'b', 'c']);
  device.receive('b', frame(broadcast, addressOf(2)));
  device.receive('a', frame(addressOf(2), addressOf(1)));
  expect(counts(got)).toEqual([1, 1, 1]);
  device.receive('b', frame(addressOf(1), addressOf(2)));
  expect(counts(got)).toEqual([2, 1, 1]);
});

test('no frame ever comes to a mesh that it was not sent in, nor back to its own port', () => {
  const step = fc.record({
    mesh: fc.constantFrom(0, 1),
    port: fc.integer({ min: 0, max: 3 }),
    destination: fc.oneof(fc.integer({ min: 0, max: 9 }).map(addressOf), fc.constant(broadcast)),
    source: fc.integer({ min: 0, max: 9 }).map(addressOf),
    leave: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const names = ['a', 'b', 'c', 'd'];
      const meshes = [rig(names), rig(names)];
      steps.forEach(({ mesh, port, destination, source, leave }, index) => {
        const name = names[port] ?? 'a';
        const before = meshes.map(({ got }) => counts(got));
        meshes[mesh]?.device.receive(name, frame(destination, source, `${mesh} ${index}`));
        const after = meshes.map(({ got }) => counts(got));
        expect(after[1 - mesh]).toEqual(before[1 - mesh]);
        expect(after[mesh]?.[port]).toBe(before[mesh]?.[port]);
        if (leave && port === 3) meshes[mesh]?.device.detach(name);
      });
      for (const [mesh, { got }] of meshes.entries())
        for (const frames of got.values())
          for (const sent of frames)
            expect(Buffer.from(sent).toString('latin1', 14)).toMatch(new RegExp(`^${mesh} `));
    }),
  );
});

test('an address that moves is found at its new port', () => {
  const { device, got } = rig(['a', 'b', 'c']);
  device.receive('a', frame(broadcast, addressOf(1)));
  device.receive('b', frame(broadcast, addressOf(1)));
  device.receive('c', frame(addressOf(1), addressOf(3)));
  expect(counts(got)).toEqual([1, 2, 2]);
});

test('a port teaches eight addresses at most, so no guest can fill the table', () => {
  const { device } = rig(['a', 'b']);
  for (let port = 0; port < 1_000; port++) device.receive('a', frame(broadcast, addressOf(port % 256)));
  const table = (device as unknown as { portOfAddress: Map<string, string> }).portOfAddress;
  expect(table.size).toBe(8);
});

test('a group address is never learnt as a sender', () => {
  const { device, got } = rig(['a', 'b', 'c']);
  device.receive('a', frame(broadcast, broadcast));
  device.receive('b', frame(broadcast, addressOf(2)));
  expect(counts(got)).toEqual([1, 1, 2]);
});

test('a port that is too slow drops frames, which are counted', () => {
  const { device } = rig(['a']);
  device.attach('slow', () => false);
  device.receive('a', frame(broadcast, addressOf(1)));
  expect(device.counters('slow')).toEqual({ received: 0, sent: 0, dropped: 1 });
  expect(device.counters('a').received).toBe(1);
});

test('what a port taught is forgotten when it goes', () => {
  const { device, got } = rig(['a', 'b', 'c']);
  device.receive('a', frame(broadcast, addressOf(1)));
  device.detach('a');
  device.receive('b', frame(addressOf(1), addressOf(2)));
  expect(counts(got)).toEqual([0, 1, 2]);
});
