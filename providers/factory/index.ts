/** The factory: from the sources of cells to sealed cells and bootable images. */
export { type CarBlock, formatCar, parseCar } from './car';
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
