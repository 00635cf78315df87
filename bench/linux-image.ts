/**
 * Images of Linux profiles: what their parts take, how long one is made and how long it takes to find that nothing has
 * changed, and how long a Dragonbox takes to start under software emulation. Needs the network for what is not cached.
 */
import { buildProfileImage } from '../providers/factory';
import { nodeConfig } from '../test/support/kernel';
import { buildProfile, LinuxMachine, testShell } from '../test/support/linux';
import { type Figure, median } from './figures';

const boots = 5;
const rebuilds = 7;

export async function benchLinuxImage(): Promise<readonly Figure[]> {
  const dragonbox = await buildProfile('dragonbox', [testShell('busybox stty')]);
  const nexbox = await buildProfile('nexbox', [testShell('stty', 'terminal')]);
  const sizes = [dragonbox, nexbox].flatMap(({ image }) => [
    { name: `${image.name}, all parts`, value: image.sizeBytes, unit: 'bytes' },
    ...image.parts.map(({ name, sizeBytes }) => ({
      name: `${image.name}: ${name}`,
      value: sizeBytes,
      unit: 'bytes',
    })),
  ]);
  const rebuildMs: number[] = [];
  for (let count = 0; count < rebuilds; count += 1) {
    const startMs = performance.now();
    await buildProfileImage(dragonbox.request, dragonbox);
    rebuildMs.push(performance.now() - startMs);
  }
  const starts: Start[] = [];
  for (let count = 0; count < boots; count += 1) starts.push(await measureStart(dragonbox));
  const middle = (name: keyof Start): number => median(starts.map((start) => start[name]));
  return [
    ...sizes,
    { name: 'dragonbox, a rebuild with nothing changed', value: median(rebuildMs), unit: 'ms' },
    { name: "dragonbox, start to init's first word", value: middle('initMs'), unit: 'ms' },
    { name: 'dragonbox, start to the first signed record', value: middle('recordMs'), unit: 'ms' },
    { name: 'dragonbox, start until ctr answers', value: middle('ctrMs'), unit: 'ms' },
  ];
}

interface Start {
  readonly initMs: number;
  readonly recordMs: number;
  readonly ctrMs: number;
}

async function measureStart({
  image,
  factory: { store },
}: Awaited<ReturnType<typeof buildProfile>>): Promise<Start> {
  const machine = await LinuxMachine.boot({ image, store, config: nodeConfig('d1', ['d1']) });
  try {
    await machine.run('until ctr version > /dev/null 2>&1; do busybox sleep 0.1; done');
    const ctrMs = performance.now() - machine.startedAt;
    const timeOf = (start: string): number =>
      (machine.lineTimes[machine.lines.findIndex((line) => line.startsWith(start))] ?? Number.NaN) -
      machine.startedAt;
    return { initMs: timeOf('nexus: starts'), recordMs: timeOf('@nexus record'), ctrMs };
  } finally {
    await machine.stop();
  }
}
