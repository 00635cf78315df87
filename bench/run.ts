/**
 * All measurements: `npm run bench`. Each stands beside the thing it is compared with, measured in the same run. With a
 * word it runs only those whose name has it: `npm run bench -- ledger`.
 */
import { benchBoot } from './boot';
import { benchCellScale } from './cell-scale';
import { benchDeploy } from './deploy';
import { type Figure, printFigures } from './figures';
import { benchHeartbeats } from './heartbeats';
import { benchKernelSize } from './kernel-size';
import { benchLedger } from './ledger';
import { benchLedgerAudit } from './ledger-audit';
import { benchLinuxImage } from './linux-image';
import { benchNip } from './nip';
import { benchPluginScale } from './plugin-scale';
import { benchPluginStart } from './plugin-start';
import { benchSearch } from './search';
import { benchSynth } from './synth';

const benches: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  'kernel size': benchKernelSize,
  'boot under software emulation': () => benchBoot(20),
  synth: () => benchSynth(),
  ledger: benchLedger,
  'audit of a large ledger': () => benchLedgerAudit(),
  'heartbeats of ten thousand nodes': () => benchHeartbeats(),
  'start of the provider': () => benchPluginStart(15),
  'plugin framework at scale': () => benchPluginScale(1000, 5),
  'built cells at scale': () => benchCellScale(1000, 5),
  'search over all of Debian main': benchSearch,
  'root of foreign packages': () => benchNip(),
  'images of Linux profiles': benchLinuxImage,
  'deploying three nodes': () => benchDeploy(5),
};

async function main(word: string): Promise<void> {
  for (const [name, bench] of Object.entries(benches)) {
    if (name.includes(word)) printFigures(name, await bench());
  }
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
