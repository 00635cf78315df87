/**
 * What stands in a stack's folder beside the Terraform JSON:
 *
 *     system-IMAGE.kdl, mesh-MESH.kdl     the reviewed contract; Terraform reads it with `file()`
 *     cells/CELL/…                        the cells' sources, copied
 *     terraform.d/plugins/…               the provider
 *     .terraform.lock.hcl                 its hash
 *
 * Nothing in it depends on where the folder is, and a file that is the same already is not written again.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { providerAddress, providerVersion } from '../../model';
import { type FileContent, type FoundFile, listFiles, syncFolder, writeIfChanged } from './files';
import { mergeLockFile, type RequiredProvider } from './lock-file';
import { layProvider, terraformPlatform } from './provider-package';

/** A cell's sources, to be copied. */
export interface CellSource {
  readonly name: string;
  readonly source: string;
}

/** What a stack's folder is to hold. */
export interface StackFolder {
  /** Text of each KDL file by its name. */
  readonly kdl: ReadonlyMap<string, string>;
  readonly cells: readonly CellSource[];
  /** Folder of the built provider. */
  readonly providerPackage: string;
  readonly requiredProviders: readonly RequiredProvider[];
}

/** Makes the folder hold exactly this; Terraform's own files stay. */
export function writeStackFolder(folder: string, contents: StackFolder): void {
  writeKdl(folder, contents.kdl);
  writeCells(folder, contents.cells);
  const hash = layProvider(contents.providerPackage, folder, terraformPlatform());
  writeLockFile(folder, hash, contents.requiredProviders);
}

function writeKdl(folder: string, kdl: ReadonlyMap<string, string>): void {
  const stale = readdirSync(folder).filter((name) => /^(system|mesh)-.*\.kdl$/.test(name) && !kdl.has(name));
  for (const name of stale) rmSync(path.join(folder, name), { recursive: true });
  for (const [name, text] of kdl) writeIfChanged(path.join(folder, name), { bytes: Buffer.from(text) });
}

const sourceLimits = { filesMax: 2_000, sizeBytesMax: 32 * 1024 * 1024 };

/** The files of a cell's source folder. @throws NexusError `missing-folder`, `bad-file`, `folder-too-large` */
export function listCellSource(source: string): readonly FoundFile[] {
  return listFiles(source, sourceLimits);
}

function writeCells(folder: string, cells: readonly CellSource[]): void {
  const files = cells.flatMap(({ name, source }) =>
    listCellSource(source).map((file): readonly [string, FileContent] => [
      path.posix.join(name, file.name),
      { bytes: readFileSync(path.join(source, file.name)) },
    ]),
  );
  syncFolder(path.join(folder, 'cells'), new Map(files));
}

function writeLockFile(folder: string, hash: string, required: readonly RequiredProvider[]): void {
  const file = path.join(folder, '.terraform.lock.hcl');
  const current = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const own = {
    address: providerAddress,
    version: providerVersion,
    constraints: providerVersion,
    hashes: [hash],
  };
  writeIfChanged(file, { bytes: Buffer.from(mergeLockFile(current, own, required)) });
}
