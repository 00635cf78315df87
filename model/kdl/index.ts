export { formatKdl, type KdlScalar, type KdlTree, parseKdl } from './document';
export { formatLinuxSystem, parseLinuxSystem } from './linux-system-kdl';
export { formatLock, parseLock } from './lock-kdl';
export { formatMesh, parseMesh } from './mesh-kdl';
export { sameMesh, sameSystem, sameTexts } from './same-meaning';
export { parseSystemFile, type SystemFile } from './system-file';
export { formatSystem, parseSystem } from './system-kdl';
