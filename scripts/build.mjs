// Builds `dist/` from the sources:
//
//   index.js                             what `import … from 'nexus-factory'` loads (constructs on cdktf)
//   cdktn.js                             the same source on CDK Terrain: only the engine's specifier is another
//   testing/                             matchers and serializer for Jest and Vitest, without an engine
//   nexus.js                             the command line, and
//   audit-worker.js                      the threads of its audit, and
//   unpack-worker.js                     the threads that unpack packages
//   store-check-worker.js                those of its check of the store
//   template/                            what `nexus init` makes a repository from
//   provider/terraform-provider-nexus.js the Terraform provider, one file, with
//   provider/kernel/                     the kernel's sources, which it compiles
//   types/, types-cdktn/                 declarations of both
//
// Bundles, because a provider in one file starts faster and is laid whole into `terraform.d/plugins`.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const next = join(root, `.dist-${process.pid}`);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  define: { 'process.env.NEXUS_FACTORY_VERSION': JSON.stringify(version) },
};

async function bundle(entry, outfile, options = {}) {
  await build({ ...common, entryPoints: [entry], outfile: join(next, outfile), ...options });
}

const executable = { banner: { js: '#!/usr/bin/env node' } };

/** Declarations whose engine is `cdktn`. */
function copyTypesForCdktn(from, to) {
  for (const name of readdirSync(from, { recursive: true }).filter((each) => each.endsWith('.d.ts'))) {
    const text = readFileSync(join(from, name), 'utf8').replaceAll(
      /(from |import\()(['"])cdktf\2/g,
      '$1$2cdktn$2',
    );
    mkdirSync(dirname(join(to, name)), { recursive: true });
    writeFileSync(join(to, name), text);
  }
}

try {
  await Promise.all([
    bundle('constructs/index.ts', 'index.js', { external: ['cdktf', 'constructs'] }),
    bundle('constructs/index.ts', 'cdktn.js', {
      external: ['cdktn', 'constructs'],
      alias: { cdktf: 'cdktn' },
    }),
    bundle('testing/index.ts', 'testing/index.js'),
    bundle('testing/jest.ts', 'testing/jest.js'),
    // Vitest itself can only be imported.
    bundle('testing/vitest.ts', 'testing/vitest.mjs', { format: 'esm', external: ['vitest'] }),
    bundle('cli/main.ts', 'nexus.js', { ...executable, external: ['@duckdb/node-api'] }),
    bundle('providers/provchain/audit/audit-worker.ts', 'audit-worker.js'),
    bundle('providers/nip/unpack-worker.ts', 'unpack-worker.js'),
    bundle('providers/store/check-worker.ts', 'store-check-worker.js'),
    bundle('providers/nexus/main.ts', 'provider/terraform-provider-nexus.js', executable),
  ]);
  for (const file of ['nexus.js', 'provider/terraform-provider-nexus.js']) chmodSync(join(next, file), 0o755);
  cpSync(join(root, 'template'), join(next, 'template'), { recursive: true });
  cpSync(join(root, 'kernel'), join(next, 'provider/kernel'), { recursive: true });
  if (!process.argv.includes('--no-types')) {
    const { status } = spawnSync(
      join(root, 'node_modules/.bin/tsc'),
      ['-p', 'scripts/tsconfig.types.json', '--outDir', join(next, 'types')],
      { cwd: root, stdio: 'inherit' },
    );
    if (status !== 0) throw new Error('the declarations could not be made: see the messages of tsc above');
    copyTypesForCdktn(join(next, 'types'), join(next, 'types-cdktn'));
  }
  // The old build stays whole until the new one is.
  const dist = join(root, 'dist');
  const old = `${next}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
} catch (error) {
  rmSync(next, { recursive: true, force: true });
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}
