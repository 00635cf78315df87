export { formatKdl, type KdlScalar, type KdlTree, parseKdl } from './document';
export { formatMesh, parseMesh } from './mesh-kdl';
export { sameMesh, sameSystem, sameTexts } from './same-meaning';
export { formatSystem, parseSystem } from './system-kdl';
