/**
 * OpenPGP by gpgv(1), Debian's own verifier: it knows no web of trust and no network, only a keyring that it is given.
 *
 *     gpgv --keyring KEYRING --output - FILE        the signed text, when one good signature is by a key of the ring
 *
 * Without a good signature it ends with 1 or 2, and its output counts for nothing.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NexusError, quote } from '../../../model';
import { errorCode } from '../../durable';
import { badSignature } from './failure';

/** What a clear-signed text says. @throws NexusError `bad-signature`, `missing-tool` */
export async function verifyClearSigned(
  signed: Uint8Array,
  keyrings: readonly string[],
  what: string,
  signal?: AbortSignal,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-gpgv-'));
  try {
    const file = join(folder, 'InRelease');
    await writeFile(file, signed);
    const rings = keyrings.flatMap((keyring) => ['--keyring', keyring]);
    const { status, out, err } = await run('gpgv', [...rings, '--output', '-', file], folder, signal);
    if (status === 0) return out;
    throw badSignature(what, keyrings, reasonOf(err));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function run(program: string, args: readonly string[], home: string, signal?: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', GNUPGHOME: home },
      ...(signal === undefined ? {} : { signal }),
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    child.on('error', (error) => reject(errorCode(error) === 'ENOENT' ? missingTool(program) : error));
    child.on('close', (status) =>
      resolve({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    );
  });
}

/** gpgv's own words, without its prefix and the details of each key. */
function reasonOf(output: string): string {
  const lines = output.split('\n').map((line) => line.replace(/^gpgv: */, ''));
  return lines.find((line) => /BAD|Can't|no valid|invalid/i.test(line)) ?? 'no good signature';
}

function missingTool(program: string): NexusError {
  return new NexusError('missing-tool', `Cannot check a signature: ${quote(program)} is not in PATH`, {
    hint: 'On Debian: sudo apt-get install gpgv debian-archive-keyring',
  });
}
