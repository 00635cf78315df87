/**
 * How long a provider takes from its start to the handshake line, and what it holds then: the built bundle, started
 * cold as Terraform starts it, beside a `node -e 0` in the same run. After `npm run build`:
 * `npm run bench -- start`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../providers/plugin/process/certificate';
import { type Figure, median } from './figures';

const executable = join(__dirname, '../dist/provider/terraform-provider-nexus.js');

interface Start {
  readonly durationMs: number;
  readonly residentBytes: number;
}

export async function benchPluginStart(rounds: number): Promise<Figure[]> {
  if (!existsSync(executable)) throw new Error('Cannot measure the provider: no build, run "npm run build"');
  const starts: Start[] = [];
  const bareMs: number[] = [];
  // In turns, so that what else the machine does falls on both.
  for (let round = 0; round < rounds; round += 1) {
    bareMs.push(await startBare());
    starts.push(await startProvider());
  }
  const ours = median(starts.map(({ durationMs }) => durationMs));
  const bare = median(bareMs);
  const resident = median(starts.map(({ residentBytes }) => residentBytes));
  return [
    { name: `provider, start to handshake, at most 150 (P50 of ${rounds})`, value: ours, unit: 'ms' },
    { name: 'node -e 0, start to end', value: bare, unit: 'ms' },
    { name: 'ours against node -e 0', value: ours / bare, unit: 'times' },
    { name: 'provider, resident at the handshake, at most 80', value: resident / 1e6, unit: 'MB' },
  ];
}

async function startBare(): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - started;
}

/** As go-plugin starts it: the cookie, the offered protocols, the client's certificate for mTLS. */
async function startProvider(): Promise<Start> {
  const env = {
    ...process.env,
    TF_PLUGIN_MAGIC_COOKIE: 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2',
    PLUGIN_PROTOCOL_VERSIONS: '5,6',
    PLUGIN_CLIENT_CERT: makeCertificate(Date.now()).pem,
  };
  const started = performance.now();
  const child = spawn(process.execPath, [executable], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  await handshake(child);
  const durationMs = performance.now() - started;
  const residentBytes = residentBytesOf(child.pid ?? 0);
  child.kill('SIGTERM');
  await once(child, 'exit');
  return { durationMs, residentBytes };
}

async function handshake(child: ChildProcess): Promise<void> {
  const [line] = await once(child.stdout ?? child, 'data');
  if (!String(line).startsWith('1|6|')) throw new Error(`The provider said ${JSON.stringify(String(line))}`);
}

/** Linux: the line `VmRSS: 12345 kB` of the process's status. Elsewhere not measured. */
function residentBytesOf(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return Number.NaN;
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(status, 'utf8'))?.[1]) * 1024;
}
