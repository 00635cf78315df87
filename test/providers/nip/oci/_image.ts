/** OCI images made by the test: blobs, manifests and an index. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../_files';

export interface Blob {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export const layerType = 'application/vnd.oci.image.layer.v1.tar';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

export const digestOf = ({ bytes }: Blob): string => `sha256:${hexOf('sha256', bytes)}`;
export const descriptorOf = (blob: Blob) => ({
  mediaType: blob.mediaType,
  digest: digestOf(blob),
  size: blob.bytes.length,
});

const json = (mediaType: string, value: object): Blob => ({
  mediaType,
  bytes: Buffer.from(JSON.stringify(value)),
});

export interface MadeImage {
  readonly manifest: Blob;
  readonly blobs: readonly Blob[];
}

export function makeImage(architecture: string, layers: readonly Blob[]): MadeImage {
  const config = json('application/vnd.oci.image.config.v1+json', {
    architecture,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const manifest = json(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
  });
  return { manifest, blobs: [config, ...layers] };
}

/** An index of images for several processors. */
export function makeIndex(images: Readonly<Record<string, MadeImage>>): Blob {
  return json(indexType, {
    schemaVersion: 2,
    mediaType: indexType,
    manifests: Object.entries(images).map(([architecture, { manifest }]) => ({
      ...descriptorOf(manifest),
      platform: { os: 'linux', architecture },
    })),
  });
}

/** A layout on disk with one tagged index. */
export function writeLayout(
  folder: string,
  reference: string,
  index: Blob,
  images: readonly MadeImage[],
): void {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  for (const blob of [index, ...images.flatMap(({ manifest, blobs }) => [manifest, ...blobs])])
    writeFileSync(join(folder, 'blobs', digestOf(blob).replace(':', '/')), blob.bytes);
  const annotations = { 'org.opencontainers.image.ref.name': reference };
  writeFileSync(
    join(folder, 'index.json'),
    JSON.stringify({ manifests: [{ ...descriptorOf(index), annotations }] }),
  );
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}
