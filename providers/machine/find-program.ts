/** Finding a program as a shell does: in the folders of PATH, in their order (POSIX, "Command Search and Execution"). */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/**
 * The path of a program that can be executed; undefined where there is none. A name with a slash in it is a path itself.
 * An empty entry of PATH, which a shell takes for the working folder, is passed over: no program is run by accident.
 * @param searchPath folders as PATH has them
 * @param folder where relative paths start. @default the process's working folder
 */
export function findProgram(name: string, searchPath: string, folder = process.cwd()): string | undefined {
  const files = name.includes('/')
    ? [resolve(folder, name)]
    : searchPath
        .split(delimiter)
        .filter((entry) => entry !== '')
        .map((entry) => resolve(folder, entry, name));
  return files.find(isProgram);
}

/** A folder that may be entered has the same bit as a file that may be executed. */
function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
