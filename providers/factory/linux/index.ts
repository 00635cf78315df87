/** Images of Linux profiles: a kernel, an initramfs of our own, a checked root. See docs/image.md. */
export { type BuiltLinuxImage, buildLinuxImage, type LinuxImageRequest } from './build-linux-image';
export {
  buildProfileImage,
  findLinuxProfile,
  type ProfileImageRequest,
  profileSystem,
  resolveKernel,
} from './build-profile-image';
export { formatNodeInitrd } from './initramfs';
export {
  formatImageManifest,
  type ImageArchitecture,
  type LinuxImageManifest,
  parseImageManifest,
} from './manifest';
export { type LinuxProfile, profileCell } from './profile';
export { formatServices, type LinuxService } from './services';
