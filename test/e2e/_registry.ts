/** Debian's docker-registry on the loopback interface, in a folder of its own, with its access log. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The line of an htpasswd file for user `builder` with password `opensesame` (bcrypt). */
export const builderLine = 'builder:$2y$05$abcdefghijklmnopqrstuuQbLfdQZSxZ9gjhA5V9o8Tyc6aQRO0Qi';

export interface Registry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `PUT /v2/… 201`, in the order in which they were answered. */
  requests(): readonly string[];
  forget(): void;
  stop(): Promise<void>;
}

/** @param passwords an htpasswd file's text; without it anybody may push */
export async function startRegistry(folder: string, passwords?: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'htpasswd');
  if (passwords !== undefined) writeFileSync(file, `${passwords}\n`);
  const config = join(folder, 'config.yml');
  writeFileSync(config, JSON.stringify(configOf(folder, passwords === undefined ? undefined : file)));
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk) => (log += chunk));
  let told = '';
  const port = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      told += chunk;
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(told)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`docker-registry ended: ${told}`)));
    child.once('error', reject);
  });
  return {
    host: `127.0.0.1:${port}`,
    requests: () =>
      [...log.matchAll(/"([A-Z]+ \/v2\/\S*) HTTP\/1\.1" (\d+)/g)].map(
        ([, what, status]) => `${what} ${status}`,
      ),
    forget: () => {
      log = '';
    },
    stop: () => ended(child),
  };
}

function configOf(folder: string, passwords: string | undefined): object {
  return {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'of this test' },
    ...(passwords === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: passwords } } }),
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
