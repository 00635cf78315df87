/** The factory: from the sources of cells to sealed cells and bootable images. */
export { checkBudget, formatParts, type ImagePart } from './budget';
export { type BuiltCell, buildCell, cellAbi, cellFileName, plannedCell } from './build-cell';
export { type BuiltImage, buildImage, plannedImage } from './build-image';
export { type BuiltSystem, buildSystem } from './build-system';
export { type CarBlock, formatCar, parseCar } from './car';
export {
  type BuildOptions,
  type BuildPhase,
  type BuildTools,
  type CompileCellRequest,
  type CompileKernelRequest,
  createFactory,
  type Factory,
  type FactoryOptions,
} from './factory';
export * from './npk';
export { type Recipe, RecipeCache, type RecipeInput } from './recipe';
export {
  readSource,
  type SourceFile,
  type SourceTree,
  sourceLimits,
  sourceTree,
  writeSource,
} from './source';
export { BlockStore } from './store';
