import { Cell, type NexusStack, Profile, Swarm, UtcpMesh } from '../../constructs';
import { createFixture, type Fixture } from './_fixture';
import { problemsOf } from './_problems';

let fixture: Fixture;
let stack: NexusStack;
let cells: Record<'gateway' | 'sensor' | 'store', Cell>;
let mesh: UtcpMesh;
beforeEach(() => {
  fixture = createFixture();
  stack = fixture.stack();
  const cell = (id: string) => new Cell(stack, id, { source: fixture.helloSource, pledges: ['mesh'] });
  cells = { gateway: cell('gateway'), sensor: cell('sensor'), store: cell('store') };
  mesh = new UtcpMesh(stack, 'plant', { members: [cells.gateway, cells.sensor, cells.store] });
  new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: Object.values(cells), mesh });
});
afterEach(() => fixture.remove());

const allows = () => stack.preview().kdl['mesh-plant.kdl']?.match(/allow .*/g);

test('without a call mesh.kdl has no pair', () => {
  expect(allows()).toBeNull();
});

test('each pair stands in mesh.kdl once, in order, however it was given', () => {
  const { gateway, sensor, store } = cells;
  mesh.allow(store, gateway).allow(sensor, gateway).allow(gateway, store);
  expect(allows()).toEqual(['allow "gateway" "sensor"', 'allow "gateway" "store"']);
});

test('a cell that is no member, or one cell twice, is refused at synth', () => {
  const other = new Cell(stack, 'other', { source: fixture.helloSource, pledges: [] });
  mesh.allow(cells.gateway, other);
  expect(problemsOf(stack)[0]).toBe(
    '[swarm/plant] Cannot allow "other" in mesh "plant": it is no member, expected one of gateway, sensor, store',
  );
  const second = new UtcpMesh(stack, 'second', { members: [cells.gateway] });
  second.allow(cells.gateway, cells.gateway);
  expect(problemsOf(stack).join('\n')).toContain('[swarm/second] Cannot allow "gateway" and "gateway"');
});
