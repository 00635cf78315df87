/**
 * Whether the simulator finds faults: each mutant is the reference with one line wrong, and is run over seeds until a
 * rule breaks. Some are not found, and are there to say so: what only a peer with the keys of a session could abuse, what
 * costs time alone, and what a new session mends. `tsx --conditions=import bench/utcp-mutants.ts` prints which were found, after how many seeds.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const seeds = 300;
const root = join(__dirname, '..');
const session = 'session/session.ts';
const mutants: readonly Mutant[] = [
  { file: 'session/replay-window.ts', from: 'return ((this.#words', to: 'return true || ((this.#words' },
  { file: 'session/replay-window.ts', from: 'if (number > this.#highest) return true;', to: 'return true;' },
  {
    file: 'session/channel.ts',
    from: 'this.#number += 1;',
    to: 'this.#number += this.#number % 9 === 8 ? 0 : 1;',
  },
  { file: 'session/channel.ts', from: 'this.#seen >= this.#generationStart && ', to: '' },
  { file: 'session/channel.ts', from: 'this.#receiveKeys.confirm(generation);', to: '' },
  { file: 'session/channel.ts', from: 'this.#window.take(number);', to: '' },
  {
    file: 'session/channel.ts',
    from: "if (payload === undefined) return 'tag';",
    to: "if (payload === undefined) { this.#window.take(number); return 'tag'; }",
  },
  { file: 'session/keys.ts', from: 'this.#keys = [present, next,', to: 'this.#keys = [undefined, next,' },
  { file: 'session/receive-stream.ts', from: 'sequence < this.#position || ', to: '' },
  {
    file: 'session/receive-stream.ts',
    from: '|| this.#at(sequence) !== undefined) return false',
    to: ') return false',
  },
  {
    file: 'session/receive-stream.ts',
    from: 'this.#position = next === end ? first : next;',
    to: 'this.#position = first;',
  },
  { file: 'session/receive-stream.ts', from: 'this.#unconsumed += 1;', to: '' },
  { file: 'session/receive-stream.ts', from: '- this.#unconsumed;', to: ';' },
  { file: 'session/send-stream.ts', from: 'if (position <= this.#acknowledged) return false;', to: '' },
  { file: 'session/send-stream.ts', from: 'if (limit <= this.#limit) return false;', to: '' },
  {
    file: 'session/send-stream.ts',
    from: 'if (this.#at(sequence)?.isWanted) return sequence;',
    to: 'continue;',
  },
  {
    file: 'session/send-stream.ts',
    from: 'return this.#acknowledged === this.#next;',
    to: 'return this.#first === this.#next;',
  },
  { file: 'session/send-stream.ts', from: 'Math.min(this.#next, this.#limit)', to: 'this.#next' },
  { file: session, from: "if (data.sequence >= stream.limit) return 'credit';", to: '' },
  { file: session, from: 'feedback.position > stream.sent || ', to: '' },
  { file: session, from: 'stream.extend(heartbeat.next);', to: '' },
  { file: session, from: 'this.#giveUpBelow(heartbeat.first, heartbeat.stream, stream);', to: '' },
  {
    file: session,
    from: 'if (stream.heartbeatAt <= nowMicros) this.#beat(index, stream, nowMicros);',
    to: 'stream.heartbeatAt = never;',
  },
  { file: session, from: 'if (!this.#isDrained || ', to: 'if (' },
  { file: session, from: 'nowMicros >= this.#heardAt + this.#limits.deadMicros', to: 'false' },
  { file: session, from: 'if (target.isFull) return ', to: 'if (false) return ' },
  { file: 'session/endpoint.ts', from: "if (header.destination !== this.id) return 'destination';", to: '' },
  {
    file: 'session/endpoint.ts',
    from: '!this.#cookies.holds(cookie, packet, from, ephemeral, nowMicros)',
    to: 'false',
  },
  {
    file: 'session/endpoint.ts',
    from: 'if (!verifyEd25519(peer.publicKey, openMessage(packet, ephemeral, cookie, sides), signature))',
    to: 'if (false)',
  },
  {
    file: 'session/endpoint.ts',
    from: 'if (!verifyEd25519(peer.publicKey, message, accept.signature))',
    to: 'if (false)',
  },
  { file: 'session/endpoint.ts', from: 'packet.sequence <= peer.openSequence', to: 'false' },
  { file: 'session/endpoint.ts', from: "if (packet.epoch < peer.epoch) return 'replay';", to: '' },
  {
    file: 'session/endpoint.ts',
    from: "if (peer.attempt !== undefined && this.id < peer.id) return 'glare';",
    to: '',
  },
  {
    file: 'wire/sealed.ts',
    from: 'seal(key, nonceOf(header.sequence), packet.subarray(0, headerSizeBytes), payload)',
    to: 'payload',
  },
  {
    file: 'crypto.ts',
    from: 'decipher.setAAD(header, { plaintextLength',
    to: 'decipher.setAAD(header.subarray(0, 0), { plaintextLength',
  },
];

async function bundle(mutant: Mutant, output: string): Promise<void> {
  const path = join(root, 'providers/utcp', mutant.file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(mutant.from)) throw new Error(`"${mutant.from}" is not in ${mutant.file}`);
  const contents = source.replace(mutant.from, mutant.to);
  const code = `import { simulate } from './test/providers/utcp/simulator/world';
    for (let seed = 0; seed < ${seeds}; seed += 1) {
      try { simulate(seed); } catch (error) { console.log(error.message); process.exit(0); }
    }`;
  await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    outfile: output,
    logLevel: 'error',
    plugins: [
      {
        name: 'mutant',
        setup: (hooks) =>
          hooks.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
            loaded === path ? { contents, loader: 'ts' } : undefined,
          ),
      },
    ],
  });
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-mutants-'));
  let found = 0;
  try {
    for (const mutant of mutants) {
      const program = join(folder, 'mutant.js');
      await bundle(mutant, program);
      const said = runFor(program);
      if (said !== '') found += 1;
      console.log(
        `${said === '' ? 'NOT FOUND' : 'found'}  ${mutant.file}: ${mutant.from} -> ${mutant.to || '(nothing)'}\n    ${said}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${found} of ${mutants.length} mutants found within ${seeds} seeds`);
}

/** A mutant that never ends is found too. */
function runFor(program: string): string {
  try {
    return execFileSync(process.execPath, [program], {
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'it crashed or did not end';
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
