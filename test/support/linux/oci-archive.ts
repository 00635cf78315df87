/**
 * A container image in one file, as `docker save --format oci` writes it: an OCI image layout in a tar
 * (https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
 */
import { createHash } from 'node:crypto';
import { pack } from 'tar-stream';

interface ArchiveFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mode?: number;
}

async function tarOf(files: readonly ArchiveFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, bytes, mode = 0o644 } of files)
    archive.entry({ name, mode, mtime: new Date(0) }, Buffer.from(bytes));
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** @param reference such as `docker.io/test/hello:1` */
export async function ociArchive(
  reference: string,
  files: readonly ArchiveFile[],
  command: readonly string[],
): Promise<Buffer> {
  const blobs: ArchiveFile[] = [];
  const add = (mediaType: string, bytes: Uint8Array) => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    blobs.push({ name: `blobs/sha256/${digest}`, bytes });
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const layer = add('application/vnd.oci.image.layer.v1.tar', await tarOf(files));
  const config = add(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: command },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = add(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }));
  const annotations = { 'io.containerd.image.name': reference };
  return tarOf([
    { name: 'oci-layout', bytes: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', bytes: json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }) },
    ...blobs,
  ]);
}
