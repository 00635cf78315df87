import { cidOfRaw, encodeDagCbor, sha256 } from '../../../../model';
import {
  formatImageManifest,
  type LinuxImageManifest,
  parseImageManifest,
} from '../../../../providers/factory';

const part = cidOfRaw(Buffer.from('part'));
const manifest: LinuxImageManifest = {
  name: 'dragon',
  profile: 'dragonbox',
  architecture: 'x86_64',
  commandLine: 'console=ttyS0',
  kernel: { part, sizeBytes: 1, kernelRelease: '6.1.0-50-amd64' },
  initramfs: { part, sizeBytes: 2, filesDigest: sha256(Buffer.from('files')) },
  root: {
    part,
    sizeBytes: 3,
    tree: encodeDagCbor([]).cid,
    dataBlocks: 70_000,
    rootHash: sha256(Buffer.from('root')),
  },
};

test('a manifest is read as it was written, and one content has one CID', () => {
  const { cid, bytes } = formatImageManifest(manifest);
  expect(parseImageManifest(bytes)).toEqual(manifest);
  expect(formatImageManifest({ ...manifest }).cid).toBe(cid);
});

test('what init measures stands there once, behind its key as dag-cbor writes it', () => {
  const { bytes } = formatImageManifest(manifest);
  for (const key of ['commandLine', 'kernelRelease', 'filesDigest', 'rootHash', 'dataBlocks']) {
    const needle = Buffer.concat([Buffer.from([0x60 + key.length]), Buffer.from(key)]);
    const first = Buffer.from(bytes).indexOf(needle);
    expect([key, first >= 0, Buffer.from(bytes).indexOf(needle, first + 1)]).toEqual([key, true, -1]);
  }
});

test.each([
  ['nothing of it', {}],
  ['another format', { format: 2 }],
  ['a part without a link', { format: 1, architecture: 'x86_64', kernel: {}, initramfs: {}, root: {} }],
])('%s is refused', (_, value) => {
  expect(() => parseImageManifest(encodeDagCbor(value).bytes)).toThrow(
    expect.objectContaining({ code: 'bad-image' }),
  );
});
