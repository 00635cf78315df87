/** Our bundles before Sigstore's own verifier, whole and tampered with. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import * as fc from 'fast-check';
import { formatSpki } from '../../../../model';
import {
  formatSigstoreBundle,
  formatSigstoreTrustedRoot,
  formatVerifierKey,
  type RecordEvidence,
  signingKeyFromSeed,
  sigstoreKeyHint,
} from '../../../../providers/provchain';
import { writeEmptyLog } from '../../../../providers/provchain/log/create';
import { startLedger } from '../../../../providers/provchain/log/ledger';
import { MemoryDisk } from '../memory-disk';
import { bytesOf, deployer, logKey, randomOf, statementOf, storageOf } from '../simulation';

const count = 11;

async function evidences(): Promise<RecordEvidence[]> {
  const disk = new MemoryDisk();
  const random = bytesOf(randomOf(1));
  await writeEmptyLog(disk.files(), logKey, random);
  const context = { storage: storageOf(disk), log: logKey, random, sleep: async () => undefined };
  const ledger = await startLedger(context);
  const receipts = await Promise.all(
    Array.from({ length: count }, (_, number) => ledger.append(statementOf(number), deployer)),
  );
  return Promise.all(
    receipts.map(async ({ cid }) => {
      const [entry, proof] = [await ledger.find(cid), await ledger.prove(cid)];
      if (entry === undefined || proof === undefined) throw new Error(`no record ${cid}`);
      return { ...entry.envelope, publicKey: entry.publicKey, proof };
    }),
  );
}

let records: RecordEvidence[];
let bundle: SerializedBundle;
beforeAll(async () => {
  records = await evidences();
  bundle = bundleOf(records[5]);
});

function bundleOf(record: RecordEvidence | undefined): SerializedBundle {
  if (record === undefined) throw new Error('no such record');
  return JSON.parse(formatSigstoreBundle(record, logKey)) as SerializedBundle;
}

const trusting = (log = logKey, signer = deployer): Verifier => {
  const root = TrustedRoot.fromJSON(JSON.parse(formatSigstoreTrustedRoot(log)));
  const keys = {
    [sigstoreKeyHint(deployer.publicKey)]: {
      rawBytes: Buffer.from(formatSpki(signer.publicKey)),
      keyDetails: 'PKIX_ED25519' as never,
    },
  };
  return new Verifier(toTrustMaterial(root, keys), {
    tlogThreshold: 1,
    ctlogThreshold: 0,
    timestampThreshold: 0,
  });
};

/** What Sigstore says of a bundle: undefined when it holds. */
function complaintOf(value: SerializedBundle, verifier = trusting()): string | undefined {
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(value)));
    return undefined;
  } catch (error) {
    return String((error as Error).message);
  }
}

/** The bundle with one field made another. */
function changed(change: (bundle: Changeable) => void): SerializedBundle {
  const copy = structuredClone(bundle);
  change(copy as unknown as Changeable);
  return copy;
}

interface Changeable {
  readonly dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
  readonly verificationMaterial: {
    readonly tlogEntries: {
      canonicalizedBody: string;
      logIndex: string;
      readonly inclusionProof: {
        logIndex: string;
        treeSize: string;
        rootHash: string;
        hashes: string[];
        readonly checkpoint: { envelope: string };
      };
    }[];
  };
}

/** Base64 with one bit of its bytes flipped. */
function flipped(base64: string, bit: number): string {
  const bytes = Buffer.from(base64, 'base64');
  const at = bit % (bytes.length * 8);
  bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
  return bytes.toString('base64');
}

test('Sigstore accepts the bundle of every record', () => {
  expect(records.map((record) => complaintOf(bundleOf(record)))).toEqual(Array(count).fill(undefined));
});

test('the bundle and the root have the media types of Sigstore', () => {
  expect(bundle.mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
  expect(JSON.parse(formatSigstoreTrustedRoot(logKey))).toMatchObject({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [{ baseUrl: `https://${logKey.name}` }],
  });
});

const proofOf = ({ verificationMaterial }: Changeable) => {
  const [entry] = verificationMaterial.tlogEntries;
  if (entry === undefined) throw new Error('no entry');
  return entry.inclusionProof;
};

test.each<[string, (bundle: Changeable, bit: number) => void, RegExp]>([
  [
    'payload',
    ({ dsseEnvelope }, bit) => {
      dsseEnvelope.payload = flipped(dsseEnvelope.payload, bit);
    },
    /payload hash mismatch/,
  ],
  [
    'signature',
    ({ dsseEnvelope: { signatures } }, bit) => {
      for (const signature of signatures) signature.sig = flipped(signature.sig, bit);
    },
    /signature mismatch/,
  ],
  [
    'entry',
    ({ verificationMaterial }, bit) => {
      for (const entry of verificationMaterial.tlogEntries)
        entry.canonicalizedBody = flipped(entry.canonicalizedBody, bit);
    },
    /root hash|inclusion/,
  ],
  [
    'proof',
    (value, bit) => {
      const proof = proofOf(value);
      const at = bit % proof.hashes.length;
      proof.hashes[at] = flipped(proof.hashes[at] ?? '', bit >> 2);
    },
    /root hash|inclusion/,
  ],
])('Sigstore rejects a bundle whose %s has any one bit flipped', (_, change, complaint) => {
  fc.assert(
    fc.property(fc.nat(), (bit) => {
      expect(complaintOf(changed((value) => change(value, bit)))).toMatch(complaint);
    }),
  );
});

test('Sigstore rejects a checkpoint whose root, size or signature was changed', () => {
  const withCheckpoint = (change: (lines: string[]) => void): string | undefined =>
    complaintOf(
      changed((value) => {
        const { checkpoint } = proofOf(value);
        const lines = checkpoint.envelope.split('\n');
        change(lines);
        checkpoint.envelope = lines.join('\n');
      }),
    );
  expect(withCheckpoint(() => undefined)).toBeUndefined();
  expect(withCheckpoint((lines) => lines.splice(1, 1, '12'))).toMatch(/checkpoint signature/);
  expect(withCheckpoint((lines) => lines.splice(2, 1, flipped(lines[2] ?? '', 9)))).toMatch(
    /checkpoint signature/,
  );
  expect(
    withCheckpoint((lines) => {
      const [dash, name, blob = ''] = (lines[4] ?? '').split(' ');
      lines[4] = [dash, name, flipped(blob, 8 * 20)].join(' ');
    }),
  ).toMatch(/checkpoint signature/);
});

test('Sigstore rejects a proof that was shortened, lengthened or is of another entry', () => {
  const withProof = (change: (proof: ReturnType<typeof proofOf>) => void): string | undefined =>
    complaintOf(changed((value) => change(proofOf(value))));
  expect(withProof(({ hashes }) => hashes.pop())).toBeDefined();
  expect(withProof(({ hashes }) => hashes.push(hashes[0] ?? ''))).toBeDefined();
  const other = bundleOf(records[6]) as unknown as Changeable;
  expect(withProof((proof) => Object.assign(proof, proofOf(other)))).toBeDefined();
});

test('Sigstore rejects it for another log and for another signer', () => {
  const other = signingKeyFromSeed(new Uint8Array(32).fill(3), 'log');
  expect(complaintOf(bundle, trusting(other))).toMatch(/checkpoint signature/);
  expect(complaintOf(bundle, trusting(logKey, other))).toMatch(/signature verification failed/);
});

test('the example on the page verifies a bundle, and not a changed one', () => {
  const root = join(__dirname, '../../../..');
  const page = readFileSync(join(root, 'docs/provchain.md'), 'utf8');
  const [, example = ''] = /```js\n(.*?)```/s.exec(page) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'sigstore-'));
  const put = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  put('deployer.pub', `${formatVerifierKey(deployer)}\n`);
  put('root.json', formatSigstoreTrustedRoot(logKey));
  const run = (value: SerializedBundle) => {
    put('bundle.json', JSON.stringify(value));
    const env = { PATH: process.env.PATH, NODE_PATH: join(root, 'node_modules') };
    return spawnSync(process.execPath, ['-e', example], { cwd: folder, env, encoding: 'utf8' });
  };
  expect(run(bundle)).toMatchObject({ status: 0, stdout: 'verified\n' });
  const other = changed(({ dsseEnvelope }) => {
    dsseEnvelope.payload = flipped(dsseEnvelope.payload, 99);
  });
  expect(run(other)).toMatchObject({ status: 1, stderr: expect.stringContaining('hash mismatch') });
  rmSync(folder, { recursive: true });
});
