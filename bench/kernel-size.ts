/**
 * What takes how much of the Tinybox image: each source file of the kernel, and the cell.
 * Alone: `tsx --conditions=import bench/kernel-size.ts`.
 */
import { parseImage } from '../providers/factory';
import { helloImage, testKernel } from '../test/support/kernel';

/** One line of the table. */
export interface SizeFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** The largest file first, then the sums. Text and constants: the kernel has no initialised variables. */
export async function benchKernelSize(): Promise<SizeFigure[]> {
  const [kernel, image] = [await testKernel(), await helloImage()];
  const named = kernel.parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const cells = parseImage(image).cells.map(({ name, text, data, bytes }) => ({
    name: `cell ${name}: header 80, text ${text.length}, data ${data.length}, padding`,
    sizeBytes: bytes.length,
  }));
  const rows = [
    ...kernel.parts.map(({ name, sizeBytes }) => ({ name: `kernel/${name}`, sizeBytes })),
    { name: 'alignment', sizeBytes: kernel.bytes.length - named },
    { name: 'the kernel', sizeBytes: kernel.bytes.length },
    ...cells,
    { name: 'Tinybox image with one cell, at most 32768', sizeBytes: image.length },
  ];
  return rows.map(({ name, sizeBytes }) => ({ name, value: sizeBytes, unit: 'B' }));
}

if (require.main === module)
  benchKernelSize().then((figures) => {
    for (const { name, value, unit } of figures) console.log(`${String(value).padStart(8)} ${unit}  ${name}`);
  });
