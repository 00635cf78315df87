export { formatMesh, parseMesh } from './mesh-kdl';
export { formatSystem, parseSystem } from './system-kdl';
