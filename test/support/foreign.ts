/** Go's own note and tlog packages as a program (test/e2e/go), built from Debian's golang-go and golang-golang-x-mod-dev. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const sourceFolder = join(dirname(__dirname), 'e2e', 'go');

export interface Said {
  readonly status: number | null;
  /** Standard output, then standard error. */
  readonly said: string;
}

/** Compiles the program into a folder, and gives back how to run it. */
export function buildForeign(folder: string): (...args: string[]) => Said {
  const program = join(folder, 'foreign');
  const sources = readdirSync(sourceFolder).map((name) => join(sourceFolder, name));
  const { status, stderr } = spawnSync('go', ['build', '-o', program, ...sources], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      GO111MODULE: 'off',
      GOPATH: '/usr/share/gocode',
      GOCACHE: join(folder, 'cache'),
      CGO_ENABLED: '0',
    },
  });
  if (status !== 0) throw new Error(`go build: ${stderr}`);
  return (...args) => {
    const { status: code, stdout, stderr: errors } = spawnSync(program, args, { encoding: 'utf8' });
    return { status: code, said: stdout + errors };
  };
}
