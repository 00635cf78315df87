/**
 * A kernel as its distribution's package has it, and of its modules those that some devices and uses need: the closure of
 * named modules by their own words (module-info.ts), in the order in which they can be loaded. Modules may be compressed
 * (`.ko.xz`, `.ko.zst`); they come out as the kernel loads them, signatures kept.
 */
import { posix } from 'node:path';
import { NexusError, quote, suggest } from '../../../model';
import { decompress, type FileTree, type TreeFile } from '../../nip';
import type { BlockStore } from '../../store';
import { type ModuleInfo, readModuleInfo } from './module-info';

export interface LinuxKernel {
  /** As uname(2) says: `6.1.0-50-amd64`. */
  readonly release: string;
  /** The bootable file. */
  readonly image: TreeFile;
}

export interface KernelModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @throws NexusError `no-kernel` when a tree has no bootable kernel, or several */
export function findKernel(tree: FileTree): LinuxKernel {
  const found = tree.flatMap((node) => {
    const [, release] = /^boot\/vmlinu[xz]-(.+)$/.exec(node.path) ?? [];
    return node.type === 'file' && release !== undefined ? [{ release, image: node }] : [];
  });
  const [kernel, other] = found;
  if (kernel !== undefined && other === undefined) return kernel;
  throw new NexusError(
    'no-kernel',
    `Cannot find a kernel: ${found.length} files "boot/vmlinuz-…" in the package, expected one`,
    { hint: 'Name one package of a kernel, such as "linux-image-amd64".' },
  );
}

/**
 * @param wanted modules by name, or by an alias such as `fs-squashfs`
 * @throws NexusError `missing-module`
 */
export async function selectModules(
  tree: FileTree,
  wanted: readonly string[],
  store: BlockStore,
): Promise<readonly KernelModule[]> {
  const selection = new Selection(await ModuleFolder.open(tree, store));
  for (const name of wanted) await selection.add(name);
  return selection.modules;
}

class Selection {
  readonly modules: KernelModule[] = [];
  readonly #seen = new Set<string>();

  constructor(private readonly folder: ModuleFolder) {}

  async add(name: string, neededBy?: string): Promise<void> {
    if (await this.#tryAdd(name)) return;
    const what = neededBy === undefined ? '' : `, which "${neededBy}" needs`;
    throw new NexusError(
      'missing-module',
      `Cannot find module ${quote(name)}${what}: this kernel has neither a module nor an alias of that name`,
      { hint: suggest(name, this.folder.names) },
    );
  }

  /** Depth first, so that each comes after what it needs. */
  async #tryAdd(name: string): Promise<boolean> {
    const names = await this.folder.find(name);
    for (const found of names) await this.#addModule(found);
    return names.length > 0 || this.folder.isBuiltIn(name);
  }

  async #addModule(name: string): Promise<void> {
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    const { bytes, info } = await this.folder.read(name);
    for (const each of info.depends) await this.add(each, name);
    for (const each of info.softBefore) await this.#tryAdd(each);
    this.modules.push({ name, bytes });
    for (const each of info.softAfter) await this.#tryAdd(each);
  }
}

/** The modules of a package, found by name and alias. */
class ModuleFolder {
  readonly #files: ReadonlyMap<string, TreeFile>;
  #aliases: readonly (readonly [RegExp, string])[] | undefined;

  private constructor(
    tree: FileTree,
    private readonly store: BlockStore,
    private readonly builtIn: ReadonlySet<string>,
  ) {
    this.#files = new Map(
      tree.flatMap((node) => {
        const isModule = node.type === 'file' && /\/modules\/.*\.ko(\.\w+)?$/.test(node.path);
        return isModule ? [[nameOf(node.path), node] as const] : [];
      }),
    );
  }

  static async open(tree: FileTree, store: BlockStore): Promise<ModuleFolder> {
    const list = tree.find(({ path }) => path.endsWith('/modules.builtin'));
    const text = list?.type === 'file' ? Buffer.from(await store.get(list.block)).toString('utf8') : '';
    return new ModuleFolder(tree, store, new Set(text.split('\n').map(nameOf)));
  }

  get names(): readonly string[] {
    return [...this.#files.keys()];
  }

  isBuiltIn(name: string): boolean {
    return this.builtIn.has(nameOf(name));
  }

  /** The module of that name, or all with such an alias. */
  async find(name: string): Promise<readonly string[]> {
    const plain = nameOf(name);
    if (this.#files.has(plain)) return [plain];
    if (this.builtIn.has(plain)) return [];
    this.#aliases ??= await this.#readAliases();
    return this.#aliases.flatMap(([pattern, module]) => (pattern.test(name) ? [module] : []));
  }

  async read(name: string): Promise<{ readonly bytes: Uint8Array; readonly info: ModuleInfo }> {
    const bytes = await this.#content(name);
    const info = readModuleInfo(bytes);
    if (info !== undefined) return { bytes, info };
    const path = this.#files.get(name)?.path;
    throw new NexusError('missing-module', `Cannot read module "${name}": "${path}" is no module of Linux`, {
      hint: "The kernel's package is broken: fetch it again.",
    });
  }

  /** Some modules ask for others by what they do. Distributions make the index of that at the installation. */
  async #readAliases(): Promise<readonly (readonly [RegExp, string])[]> {
    const list: (readonly [RegExp, string])[] = [];
    for (const name of this.names)
      for (const alias of readModuleInfo(await this.#content(name))?.aliases ?? [])
        list.push([patternOf(alias), name]);
    return list;
  }

  async #content(name: string): Promise<Uint8Array> {
    const file = this.#files.get(name);
    if (file === undefined) return new Uint8Array();
    if (file.path.endsWith('.ko')) return this.store.get(file.block);
    const parts: Uint8Array[] = [];
    for await (const part of decompress(this.store.getStream(file.block), file.path)) parts.push(part);
    return new Uint8Array(Buffer.concat(parts));
  }
}

/** The kernel takes "-" and "_" in names for the same. */
function nameOf(path: string): string {
  return posix
    .basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** fnmatch(3) without its braces. */
function patternOf(alias: string): RegExp {
  const source = alias
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /(?!)/;
  }
}
