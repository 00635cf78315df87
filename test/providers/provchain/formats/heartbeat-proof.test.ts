import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  cidOfRaw,
  createMeasuredStatement,
  createStatement,
  formatStatement,
  NexusError,
  publicKeyBytes,
  signEd25519,
  signingKeyOfSeed,
} from '../../../../model';
import {
  formatHeartbeatProof,
  type HeartbeatProof,
  leafHash,
  type NoteVerifier,
  openLedger,
  parseHeartbeatProof,
  parseVerifierKey,
  preAuthEncoding,
  proveHeartbeat,
  signingKeyFromSeed,
  treeRoot,
  verifyHeartbeat,
} from '../../../../providers/provchain';

const node = signingKeyOfSeed(new Uint8Array(32).fill(3));
const collector = signingKeyFromSeed(new Uint8Array(32).fill(4), 'collector');

function statementOf(sequence: number): Uint8Array {
  const predicate = {
    node: 'n1',
    key: Buffer.from(publicKeyBytes(node)).toString('hex'),
    release: cidOfRaw(Buffer.from('release')),
    config: 'c0'.repeat(32),
    epoch: '1',
    sequence: String(sequence),
    uptimeMicros: '10',
    cells: [],
    peers: [],
  };
  return formatStatement(createMeasuredStatement('heartbeat', predicate, 'ab'.repeat(32)));
}
const payloads = Array.from({ length: 21 }, (_, at) => statementOf(at));
const signatureOf = (payload: Uint8Array) => signEd25519(node, preAuthEncoding(payload));

let folder: string;
let log: NoteVerifier;
let proofs: readonly HeartbeatProof[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-heartbeat-proof-'));
  const ledger = await openLedger({
    folder: join(folder, 'ledger'),
    keysFolder: join(folder, 'keys'),
    clock: Date.now,
  });
  log = parseVerifierKey(ledger.verifierKey);
  const interval = createStatement('heartbeat-interval', {
    site: 'local',
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-01-01T00:01:00.000Z',
    count: payloads.length,
    nodeCount: 1,
    root: Buffer.from(treeRoot(payloads.map(leafHash))).toString('hex'),
    silentCount: 0,
    silent: [],
  });
  const { cid } = await ledger.append(interval, collector);
  const [entry, proof] = [await ledger.find(cid), await ledger.prove(cid)];
  if (entry === undefined || proof === undefined) throw new Error('just appended');
  const record = { ...entry.envelope, publicKey: entry.publicKey, proof };
  proofs = await Promise.all(
    payloads.map((payload, at) => proveHeartbeat(payloads, at, signatureOf(payload), record)),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('each heartbeat of an interval is proved from the node to the log, by a text alone', () => {
  for (const [at, proof] of proofs.entries()) {
    const verified = verifyHeartbeat(parseHeartbeatProof(formatHeartbeatProof(proof)), log);
    expect(verified.statement.predicate.sequence).toBe(String(at));
    expect(verified.interval.site).toBe('local');
    expect(verified.record.index).toBe(0);
  }
});

const first = (): HeartbeatProof => proofs[0] as HeartbeatProof;

test('another place, another heartbeat, another signature and another interval do not hold', () => {
  const proof = first();
  const refused = (wrong: HeartbeatProof) => {
    expect(() => verifyHeartbeat(wrong, log)).toThrow(NexusError);
  };
  refused({ ...proof, index: 1 });
  refused({ ...proof, hashes: proof.hashes.slice(1) });
  const other = statementOf(99);
  refused({ ...proof, heartbeat: { ...proof.heartbeat, payload: other, signature: signatureOf(other) } });
  refused({ ...proof, heartbeat: { ...proof.heartbeat, signature: new Uint8Array(64) } });
  refused({ ...proof, heartbeat: { ...proof.heartbeat, publicKey: collector.publicKey } });
  refused({ ...proof, interval: { ...proof.heartbeat, proof: proof.interval.proof } });
  expect(() => verifyHeartbeat(proof, signingKeyFromSeed(new Uint8Array(32).fill(9), 'log'))).toThrow(
    /Cannot open a signed note/,
  );
});

test('one flipped bit anywhere in the text is refused with an error of ours', () => {
  const text = Buffer.from(formatHeartbeatProof(first()));
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(7), (at, bit) => {
      const wrong = Buffer.from(text);
      wrong.writeUInt8(wrong.readUInt8(at) ^ (1 << bit), at);
      try {
        const proof = parseHeartbeatProof(wrong.toString('utf8'));
        expect(verifyHeartbeat(proof, log)).toEqual(verifyHeartbeat(first(), log));
      } catch (error) {
        expect(error).toBeInstanceOf(NexusError);
      }
    }),
  );
});
