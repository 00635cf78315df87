/** The mirror that the machine's own apt is set up with: on Debian nobody should have to name one. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NexusError, quote } from '../../../model';

const run = promisify(execFile);

/** @throws NexusError `no-mirror` */
export async function debianMirror(): Promise<string> {
  const args = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'];
  const { stdout } = await run('apt-get', args, { timeout: 20_000 }).catch((cause: unknown) => {
    throw noMirror('apt-get does not answer', cause);
  });
  const found = stdout.split('\n').find((uri) => /^https?:\/\/[^@\s]+\/debian\/?$/.test(uri));
  if (found === undefined) throw noMirror(`apt has ${quote(stdout.trim().slice(0, 200))}`);
  return found.replace(/\/$/, '');
}

function noMirror(reason: string, cause?: unknown): NexusError {
  return new NexusError('no-mirror', `Cannot find a Debian mirror: ${reason}`, {
    cause,
    hint: 'Name one in the repository, such as the one nearest to you from https://www.debian.org/mirror/list.',
  });
}
