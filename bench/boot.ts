/**
 * From the start of QEMU to the first signed boot record, under software emulation, the firmware's own time apart.
 * Alone: `tsx --conditions=import bench/boot.ts [boots]`.
 */
import {
  helloImage,
  isRecord,
  isSignedBy,
  nodeConfig,
  parseRecordLine,
  publicKeyOf,
  RumpkMachine,
} from '../test/support/kernel';

/** One line of the table. */
export interface BootFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

interface Boot {
  readonly firmwareByteMs: number;
  readonly kernelLineMs: number;
  readonly recordMs: number;
}

async function measureBoot(image: Uint8Array): Promise<Boot> {
  const machine = new RumpkMachine({ image, config: nodeConfig('n1', ['n1', 'n2', 'n3']), card: 1 });
  try {
    const record = await machine.waitFor(isRecord);
    if (!isSignedBy(parseRecordLine(record), publicKeyOf('n1')))
      throw new Error('the record is not signed by its node');
    const timeOf = (matches: (line: string) => boolean): number =>
      (machine.lineTimes[machine.lines.findIndex(matches)] ?? Number.NaN) - machine.startedAt;
    return {
      firmwareByteMs: machine.firstByteAt - machine.startedAt,
      kernelLineMs: timeOf((line) => line === 'rumpk: starts'),
      recordMs: timeOf(isRecord),
    };
  } finally {
    await machine.stop();
  }
}

/** @param share 0.5 for the median */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

function figuresOf(name: string, times: readonly number[]): BootFigure[] {
  return [
    { name: `${name}, P50`, value: percentile(times, 0.5), unit: 'ms' },
    { name: `${name}, P99`, value: percentile(times, 0.99), unit: 'ms' },
  ];
}

/** All times count from the start of QEMU's process. */
export async function benchBoot(boots = 20): Promise<BootFigure[]> {
  const image = await helloImage();
  const results: Boot[] = [];
  for (let run = 0; run < boots; run += 1) results.push(await measureBoot(image));
  const times = (of: (boot: Boot) => number): number[] => results.map(of);
  return [
    ...figuresOf(
      "first byte of the firmware's (OpenSBI)",
      times((boot) => boot.firmwareByteMs),
    ),
    ...figuresOf(
      'first line of the kernel',
      times((boot) => boot.kernelLineMs),
    ),
    ...figuresOf(
      'first signed boot record',
      times((boot) => boot.recordMs),
    ),
    ...figuresOf(
      "from the kernel's first line to the record",
      times((boot) => boot.recordMs - boot.kernelLineMs),
    ),
  ];
}

if (require.main === module)
  benchBoot(Number(process.argv[2] ?? 20)).then((figures) => {
    for (const { name, value, unit } of figures)
      console.log(`${value.toFixed(1).padStart(8)} ${unit}  ${name}`);
  });
