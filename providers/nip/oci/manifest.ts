/**
 * Manifests and indexes of OCI images (image-spec 1.1; Docker's schema 2 reads the same): JSON that names blobs by media
 * type, size and SHA-256.
 *
 *     index      {"manifests": [{mediaType, digest, size, platform: {os, architecture}, annotations}]}
 *     manifest   {"config": {…}, "layers": [{mediaType, digest, size}]}        the lowest layer first
 */
import { type Architecture, NexusError, quote } from '../../../model';

export interface Descriptor {
  readonly mediaType: string;
  /** SHA-256 in hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface PlatformDescriptor extends Descriptor {
  readonly os: string | undefined;
  readonly architecture: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

export const manifestSizeBytesMax = 4 * 1024 * 1024;
const layerCountMax = 500;
const itemCountMax = 1000;

export const mediaTypes = {
  index: [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ],
  manifest: [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ],
} as const;

const layerPattern =
  /^application\/vnd\.(?:oci\.image\.layer\.v1\.tar(?:\+gzip|\+zstd)?|docker\.image\.rootfs\.diff\.tar(?:\.gzip|\.zstd)?)$/;

type Json = { readonly [key: string]: unknown };

/** The layers of a manifest, the lowest first. @throws NexusError `bad-index` */
export function parseManifest(bytes: Uint8Array, name: string): readonly Descriptor[] {
  const layers = listOf(parseJson(bytes, name), 'layers', layerCountMax, name).map((each) =>
    parseDescriptor(each, name),
  );
  const odd = layers.find(({ mediaType }) => !layerPattern.test(mediaType));
  if (odd === undefined) return layers;
  throw badManifest(
    name,
    `a layer of type ${quote(odd.mediaType)}, expected a tar, plain or in gzip or zstd`,
  );
}

/** The images of an index. @throws NexusError `bad-index` */
export function parseIndex(bytes: Uint8Array, name: string): readonly PlatformDescriptor[] {
  return listOf(parseJson(bytes, name), 'manifests', itemCountMax, name).map((each) => {
    const { platform, annotations } = each;
    const { os, architecture } = isJson(platform) ? platform : {};
    return {
      ...parseDescriptor(each, name),
      os: textOf(os),
      architecture: textOf(architecture),
      annotations: Object.fromEntries(
        Object.entries(isJson(annotations) ? annotations : {}).filter(
          (pair): pair is [string, string] => typeof pair[1] === 'string',
        ),
      ),
    };
  });
}

/** Whether bytes are an index of several images rather than one image's manifest. @throws NexusError `bad-index` */
export function isIndex(bytes: Uint8Array, name: string): boolean {
  return Array.isArray(parseJson(bytes, name).manifests);
}

/** OCI's names are Go's. */
export const ociArchitectures: Readonly<Record<Architecture, string>> = {
  x86_64: 'amd64',
  riscv64: 'riscv64',
  aarch64: 'arm64',
};

/** The image for a processor. @throws NexusError `unknown-package` */
export function choosePlatform<T extends PlatformDescriptor>(
  images: readonly T[],
  architecture: Architecture,
  name: string,
): T {
  const wanted = ociArchitectures[architecture];
  const found = images.find((each) => each.os === 'linux' && each.architecture === wanted);
  if (found !== undefined) return found;
  const has = images.map((each) => `${each.os}/${each.architecture}`).join(', ');
  throw new NexusError(
    'unknown-package',
    `Cannot find image ${quote(name)} for linux/${wanted}: it is there for ${has || 'nothing'}`,
    {
      hint: 'Use another tag, or another architecture.',
    },
  );
}

function parseJson(bytes: Uint8Array, name: string): Json {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (isJson(value)) return value;
  } catch (cause) {
    throw badManifest(name, 'no JSON', cause);
  }
  throw badManifest(name, 'no object');
}

function parseDescriptor({ mediaType, digest, size }: Json, name: string): Descriptor {
  const [, sha256] = /^sha256:([0-9a-f]{64})$/.exec(textOf(digest) ?? '') ?? [];
  const isSize = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
  if (sha256 === undefined || !isSize || typeof mediaType !== 'string')
    throw badManifest(name, 'a blob without media type, size or SHA-256');
  return { mediaType, sha256, sizeBytes: size };
}

function listOf(json: Json, key: string, countMax: number, name: string): readonly Json[] {
  const list = json[key];
  if (!Array.isArray(list) || !list.every(isJson)) throw badManifest(name, `no list of ${key}`);
  if (list.length > countMax) throw badManifest(name, `over ${countMax} ${key}`);
  return list;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function badManifest(name: string, reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-index', `Cannot read image ${quote(name)}: ${reason}`, {
    cause,
    hint: 'Check the registry and the tag.',
  });
}
