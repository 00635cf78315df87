/** The text of a system.kdl that the command line names. */
import { readFile } from 'node:fs/promises';
import { errorCode } from '../providers/durable';
import { UsageError } from './usage-error';

/** @param file as it was named. @throws UsageError `missing-file` */
export async function readSystemText(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = errorCode(cause);
    const reason =
      code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a folder, expected a file' : `${code}`;
    throw new UsageError('missing-file', `Cannot read "${file}": ${reason}`, {
      hint: 'Name a system.kdl; synth writes one for each image to `cdktf.out/stacks/STACK/system-IMAGE.kdl`.',
      cause,
    });
  }
}
