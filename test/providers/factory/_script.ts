/** A program for another process: TypeScript in, one file that plain Node runs out. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { temporaryFolder } from './_folders';

/** @param source an async body; imports are from the project's root, like `./providers/factory` */
export function bundleScript(source: string): string {
  const outfile = join(temporaryFolder(), 'script.cjs');
  buildSync({
    stdin: { contents: source, resolveDir: join(__dirname, '../../..'), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
    external: ['@duckdb/node-api'],
  });
  return outfile;
}
