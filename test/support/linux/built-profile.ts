/**
 * Profiles built from the live mirror. What is fetched and unpacked lies in one folder for all tests and runs
 * (node_modules/.cache, where caches of tools are): packages are pinned by their digests, so it can hold nothing wrong.
 */
import { join } from 'node:path';
import type { Architecture, ProfileName } from '../../../model';
import {
  type BuiltLinuxCell,
  type BuiltLinuxImage,
  buildGraftCells,
  buildProfileImage,
  createFactory,
  type Factory,
  type LinuxService,
  Origins,
  type ProfileImageRequest,
  profileSystem,
  resolveKernel,
  resolveLock,
} from '../../../providers/factory';

const root = join(__dirname, '../../..');
export const downloadFolder = join(root, 'node_modules/.cache/nexus-downloads');

export interface BuiltProfile {
  readonly factory: Factory;
  readonly origins: Origins;
  readonly cells: readonly BuiltLinuxCell[];
  readonly request: ProfileImageRequest;
  readonly image: BuiltLinuxImage;
}

/** From today's packages. */
export async function buildProfile(
  name: ProfileName,
  services: readonly LinuxService[],
  architecture: Architecture = 'x86_64',
): Promise<BuiltProfile> {
  const factory = await createFactory({ stateDir: downloadFolder, kernelFolder: join(root, 'kernel') });
  const system = profileSystem(name, architecture);
  const origins = new Origins({ system, baseFolder: root, store: factory.store });
  const nowSeconds = Math.floor(Date.now() / 1000);
  const lock = await resolveLock(system, origins, { nowSeconds });
  const kernel = await resolveKernel(system, origins, { nowSeconds });
  const cells = await buildGraftCells(
    { system, lock, lockFile: 'nexus.lock.kdl', baseFolder: root },
    factory,
  );
  const request: ProfileImageRequest = { system, cells, kernel, services };
  return { factory, origins, cells, request, image: await buildProfileImage(request, { factory, origins }) };
}
