/**
 * Our log before Go's own packages, and logs that those packages wrote before us. The program in go/ is compiled from
 * Debian's golang-go and golang-golang-x-mod-dev; nothing of ours is in it but the names of files.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  folderSource,
  type Ledger,
  makeConsistencyProof,
  makeInclusionProof,
  openLedger,
  signingKeyFromSeed,
} from '../../providers/provchain';
import { VerifiedTree } from '../../providers/provchain/tree/verified-tree';
import { Desk } from '../cli/_io';
import { buildForeign } from '../support/foreign';
import { recordOf } from './ledger-writer';

const home = mkdtempSync(join(tmpdir(), 'foreign-'));
const deployer = signingKeyFromSeed(new Uint8Array(32).fill(7), 'deployer');
let server: Server | undefined;

let go: ReturnType<typeof buildForeign>;
beforeAll(() => {
  go = buildForeign(home);
}, 120_000);
afterAll(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(home, { recursive: true, force: true });
});

interface OwnLog {
  readonly folder: string;
  readonly ledger: Ledger;
}

const batchSize = 4096;

async function writeOwnLog(size: number): Promise<OwnLog> {
  const folder = join(home, `own-${size}`, 'ledger');
  const ledger = await openLedger({ folder, keysFolder: join(folder, '../keys'), clock: Date.now });
  for (let first = 0; first < size; first += batchSize) {
    const count = Math.min(batchSize, size - first);
    await Promise.all(
      Array.from({ length: count }, (_, at) => ledger.append(recordOf(first + at), deployer)),
    );
  }
  return { folder, ledger };
}

/** Our proofs in lines, as the Go program reads them: of the entries and the older sizes that are asked for. */
async function writeProofs({ folder, ledger }: OwnLog, step: number): Promise<string> {
  const checkpoint = await ledger.checkpoint();
  const tree = new VerifiedTree(checkpoint, folderSource(folder).read);
  const lines: string[] = [];
  const put = (word: string, at: number, hashes: readonly Uint8Array[]): unknown =>
    lines.push([word, at, ...hashes.map((hash) => Buffer.from(hash).toString('base64'))].join(' '));
  for (let at = 0; at < checkpoint.size; at += step) {
    put('inclusion', at, await makeInclusionProof(at, checkpoint.size, tree.nodes));
    put('consistency', at + 1, await makeConsistencyProof(at + 1, checkpoint.size, tree.nodes));
  }
  const file = join(home, 'proofs');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

test.each([
  [1, 1],
  [255, 1],
  [256, 1],
  [257, 1],
  [66_000, 61],
])(
  'Go proves every entry of our log of %d, and our own proofs hold for Go',
  async (size, step) => {
    const own = await writeOwnLog(size);
    const consistencies = Math.ceil(size / (Math.floor(size / 64) + 1));
    expect(go('check', own.folder, own.ledger.verifierKey)).toEqual({
      status: 0,
      said: `size ${size}, ${size} inclusion proofs, ${consistencies} consistency proofs\n`,
    });
    const proofs = await writeProofs(own, step);
    expect(go('proofs', own.folder, own.ledger.verifierKey, proofs)).toEqual({
      status: 0,
      said: `${2 * Math.ceil(size / step)} proofs hold\n`,
    });
  },
  180_000,
);

test('Go finds one flipped bit in an entry, a tile, the checkpoint and a proof', async () => {
  const own = await writeOwnLog(300);
  const key = own.ledger.verifierKey;
  const files = ['checkpoint', 'tile/0/000', 'tile/0/001.p/44', 'tile/1/000.p/1', 'tile/entries/000'];
  for (const file of [...files, 'tile/entries/001.p/44']) {
    const copy = join(home, 'copy');
    cpSync(own.folder, copy, { recursive: true });
    const bytes = readFileSync(join(copy, file));
    const at = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x02, at);
    writeFileSync(join(copy, file), bytes);
    expect([file, go('check', copy, key).status]).toEqual([file, 1]);
    rmSync(copy, { recursive: true });
  }
  const proofs = await writeProofs(own, 7);
  const text = readFileSync(proofs, 'utf8').split('\n');
  text[0] = (text[0] ?? '').replace(
    / (.)([^ ]+)$/,
    (_, first, rest) => ` ${first === 'A' ? 'B' : 'A'}${rest}`,
  );
  writeFileSync(proofs, text.join('\n'));
  expect(go('proofs', own.folder, key, proofs)).toMatchObject({
    status: 1,
    said: expect.stringContaining('line 1'),
  });
}, 60_000);

/** A plain server of files, as any web server is. */
async function serve(folder: string): Promise<string> {
  server?.close();
  const started = createServer(({ url = '/' }, response) => {
    try {
      response.end(readFileSync(join(folder, url)));
    } catch {
      response.writeHead(404).end();
    }
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

test.each([
  ['c2sp', 'checkpoint', 'tile/entries/020'],
  ['sumdb', 'latest', 'tile/8/data/020'],
])(
  "a log of 10,000 entries of Go's own, in the layout of %s",
  async (layout, head, bundle) => {
    const desk = new Desk();
    const folder = join(home, layout);
    const vkey = go('write', folder, 'example.org/foreign', '10000', layout).said.trimEnd();
    const url = await serve(folder);
    const verify = (...argv: string[]) => desk.nexus('verify', url, '--vkey', vkey, ...argv);
    expect(await verify('--since', join(folder, `${head}.old`))).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /rebuilt from all 10,000 entries[\s\S]*extends the checkpoint of 5,000 entries/,
      ),
    });
    expect(await verify('--sample', '20')).toMatchObject({ code: 0 });
    expect(await desk.nexus('verify', folder, '--vkey', vkey)).toMatchObject({ code: 0 });
    const bytes = readFileSync(join(folder, bundle));
    bytes.writeUInt8(bytes.readUInt8(3000) ^ 0x01, 3000);
    writeFileSync(join(folder, bundle), bytes);
    const { code, out } = await verify();
    expect([code, out]).toEqual([3, expect.stringContaining(bundle)]);
    desk.remove();
  },
  60_000,
);
