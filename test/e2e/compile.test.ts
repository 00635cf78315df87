/** Cells through the real compiler: what comes out, and what a mistake in the C text looks like. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NexusError } from '../../model';
import { type CellRequest, compileCell, findToolchain, parseCell, runTool } from '../../providers/factory';
import { kernelFolder } from '../support/kernel';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-compile-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function compileText(
  files: Record<string, string>,
  below = 'cell',
  more: Partial<CellRequest> = {},
): Promise<Uint8Array> {
  const sourceFolder = join(folder, below);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(sourceFolder, path, '..'), { recursive: true });
    await writeFile(join(sourceFolder, path), text);
  }
  return compileCell({ name: 'demo', sourceFolder, kernelFolder, stackBytes: 8192, pledgeMask: 3, ...more });
}

async function failureOf(promise: Promise<unknown>): Promise<NexusError> {
  const error = await promise.catch((cause: unknown) => cause);
  if (!(error instanceof NexusError)) throw new Error(`expected a NexusError, got ${error}`);
  return error;
}

test('text, data and bss of several files become one cell', async () => {
  const cell = parseCell(
    await compileText({
      'main.c': '#include <nexus/cell.h>\n#include "parts/part.h"\nint main(void) { return part(); }',
      'parts/part.h': 'int part(void);',
      'parts/part.c':
        'static volatile int count = 5; static volatile char zeros[1000];\nint part(void) { return ++count + zeros[1]; }',
    }),
  );
  expect(cell).toMatchObject({ name: 'demo', entry: 0, stackSizeBytes: 8192, pledgeMask: 3 });
  expect(Buffer.from(cell.data).readInt32LE(0)).toBe(5);
  expect(cell.bssSizeBytes).toBeGreaterThanOrEqual(1000);
});

test('the same text in two folders gives the same bytes, the names of its files included', async () => {
  const files = {
    'main.c':
      '#include <nexus/cell.h>\nint main(void) { nexus_print(__FILE__); nexus_print(NEXUS_FILE); return 0; }',
  };
  const text = `${files['main.c'].replace('NEXUS_FILE', '__builtin_FILE()')}`;
  const [one, other] = [
    await compileText({ 'main.c': text }, 'one'),
    await compileText({ 'main.c': text }, 'a/deep er/two'),
  ];
  expect(other).toEqual(one);
});

test('a mistake is shown with file, line and column', async () => {
  const error = await failureOf(compileText({ 'main.c': 'int main(void) {\n  return missing;\n}\n' }));
  expect(error.code).toBe('compile-failed');
  expect(error.message).toBe(
    'Cannot compile cell "demo": main.c:2:10: use of undeclared identifier \'missing\'',
  );
  expect(error.place).toEqual({ file: 'main.c', line: 2, column: 10 });
  expect(error.hint).toContain('return missing;');
});

test.each([
  ['a function that is nowhere', 'void f(void); int main(void) { f(); }', 'undefined symbol: f'],
  ['no main', 'int other(void) { return 0; }', 'undefined symbol: main'],
  [
    'the time of the build',
    'const char *t = __DATE__; int main(void) { return *t; }',
    'expansion of date or time macro',
  ],
  ['a system header', '#include <stdio.h>\nint main(void) {}', "'stdio.h' file not found"],
])('%s is an error of the compiler or linker', async (_, text, reason) => {
  expect((await failureOf(compileText({ 'main.c': text }))).message).toContain(reason);
});

test.each([
  ['by its whole path', '#include "/etc/passwd"'],
  ['by a path that leads out', '#include "../../../../../../../../etc/passwd"'],
  ['as data', 'const char data[] = {\n#embed "/etc/passwd"\n};'],
])('a file outside the folder, included %s, is refused and not quoted', async (_, text) => {
  const error = await failureOf(compileText({ 'main.c': `${text}\nint main(void) { return 0; }\n` }));
  expect(error.code).toBe('foreign-include');
  expect(error.message).toBe(
    'Cannot compile cell "demo": it reads "/etc/passwd", which is not in its folder',
  );
});

test.each([
  ['within a function', 'main.c', '__asm__(".inc" "bin \\"/etc/passwd\\"");', '.incbin'],
  ['by the other directive', 'main.c', '__asm__ volatile("nop; .INCLUDE \\"/etc/passwd\\"");', '.INCLUDE'],
  [
    'by a macro of the assembler',
    'main.c',
    '__asm__(".macro r a\\n.\\\\a\\()bin \\"/etc/passwd\\"\\n.endm\\nr inc");',
    '.macro',
  ],
])('a file that the assembler would read %s is refused', async (_, file, statement, directive) => {
  const error = await failureOf(compileText({ [file]: `int main(void) { ${statement} return 0; }\n` }));
  expect(error.code).toBe('foreign-include');
  expect(error.message).toContain(`"main.c" has the assembler's "${directive}"`);
});

test('a file that an assembly source reads is refused, whatever builds the name of the directive', async () => {
  const files = {
    'main.c': 'int main(void) { return 0; }\n',
    'data.S': '#define READ .incbin\nREAD "/etc/passwd"\n',
  };
  const error = await failureOf(compileText(files));
  expect(error.code).toBe('foreign-include');
  expect(error.message).toContain('"data.S"');
});

test('assembly that reads no file, and names that look like it, compile', async () => {
  await compileText({
    'main.c': 'int main(void) { static int include; __asm__("nop"); return include++; }\n',
    'more.S': '.text\n.global more\nmore: ret\n',
  });
});

test('variables over the memory of a cell are told as such', async () => {
  const error = await failureOf(
    compileText({ 'main.c': 'char book[9 << 20]; int main(void) { return book[__LINE__]; }\n' }),
  );
  expect(error.code).toBe('cell-too-large');
  expect(error.message).toMatch(
    /^Cannot make cell "demo": \d+ bytes of text and 94\d+ of variables, expected at most 8388608 together$/,
  );
  expect(error.hint).toContain('Make the arrays of the cell smaller');
});

test('headers of the folder, of the kernel and of the compiler are no foreign files', async () => {
  const text =
    '#include <stdint.h>\n#include <nexus/cell.h>\n#include "own.h"\nint main(void) { return ONE; }\n';
  await compileText({ 'main.c': text, 'own.h': '#define ONE 1\n' });
});

test('a folder without C files is refused', async () => {
  expect((await failureOf(compileText({ 'readme.md': 'no code' }))).message).toContain('no .c file');
});

test('a build that is told to stop kills the compiler and leaves nothing behind', async () => {
  const temporaries = join(folder, 'temporaries');
  await mkdir(temporaries);
  const controller = new AbortController();
  const deep = `${'#define A0 1+1\n'}${Array.from({ length: 22 }, (_, n) => `#define A${n + 1} A${n}+A${n}`).join('\n')}`;
  const started = performance.now();
  setTimeout(() => controller.abort(), 300);
  const slow = compileText({ 'main.c': `${deep}\nint main(void) { return A22; }` }, 'cell', {
    signal: controller.signal,
    temporaryFolder: temporaries,
  });
  const error = await failureOf(slow);
  expect(error.code).toBe('aborted');
  expect(performance.now() - started).toBeLessThan(3000);
  expect(await readdir(temporaries)).toEqual([]);
  expect(await commandLines()).not.toContain(folder);
});

/** Of all processes of this machine, as one text. */
async function commandLines(): Promise<string> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.join('\n');
}

describe('the toolchain', () => {
  async function fakeTool(name: string, version: string): Promise<void> {
    await writeFile(join(folder, name), `#!/bin/sh\necho "${version}"\n`);
    await chmod(join(folder, name), 0o755);
  }

  test('is clang and lld of one version, and says which', async () => {
    const { clang, linker, description } = await findToolchain();
    expect(clang).toMatch(/clang/);
    expect(linker).toMatch(/ld\.lld/);
    expect(description).toMatch(/clang version \d+.*LLD \d+/);
  });

  test('that is missing is named, with what installs it', async () => {
    const error = await failureOf(findToolchain({}, folder));
    expect(error.code).toBe('missing-toolchain');
    expect(error.message).toBe(
      'Cannot compile for riscv64: no clang and ld.lld on the PATH, expected version 19 or newer of both',
    );
    expect(error.hint).toContain('apt-get install clang-19 lld-19 llvm-19');
  });

  test('that is too old is refused, and a newer one is taken', async () => {
    await fakeTool('clang', 'clang version 14.0.6');
    await fakeTool('ld.lld', 'LLD 14.0.6');
    expect((await failureOf(findToolchain({}, folder))).message).toContain('clang version 14.0.6');
    await fakeTool('clang-20', 'clang version 20.1.0');
    await fakeTool('ld.lld-20', 'LLD 20.1.0');
    expect((await findToolchain({}, folder)).description).toBe('clang version 20.1.0; LLD 20.1.0');
  });

  test('runs with nothing of the environment but the path', async () => {
    process.env.CPATH = '/nowhere';
    const { stdout } = await runTool('env', []);
    delete process.env.CPATH;
    expect(stdout).not.toContain('CPATH');
    expect(stdout).toContain('LC_ALL=C');
  });

  test('that cannot be started is a clear error', async () => {
    expect((await failureOf(runTool(join(folder, 'nothing'), []))).code).toBe('tool-failed');
  });
});
