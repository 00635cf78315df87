/** The factory: from the sources of cells to sealed cells and bootable images. */
export { checkBudget, formatParts, type ImagePart } from './budget';
export { type BuiltCell, buildCell, cellAbi, cellFileName, plannedCell } from './build-cell';
export { type BuiltImage, buildImage, plannedImage } from './build-image';
export {
  type BuiltLinuxSystem,
  buildLinuxSystem,
  completeSystem,
  kernelCell,
  type LinuxSystemRequest,
} from './build-linux-system';
export { type BuiltSystem, buildSystem } from './build-system';
export { type CarBlock, formatCar, parseCar } from './car';
export { type CellRequest, compileCell } from './cell';
export { type CellParts, formatCell, parseCell, rumpkLimits } from './cell-format';
export { clangTools } from './clang-tools';
export { type ElfFile, type ElfSegment, parseElf } from './elf';
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
export * from './graft';
export { assembleImage, type Image, type ImageCell, parseImage } from './image';
export {
  type CompiledKernel,
  compileKernel,
  type KernelPart,
  type KernelRequest,
  readKernelSource,
} from './kernel';
export { compileLauncher, launcherSizeMaxBytes } from './launcher';
export * from './linux';
export * from './npk';
export {
  type Recipe,
  RecipeCache,
  type RecipeEntry,
  type RecipeInput,
  type SharedRecipes,
} from './recipe';
export {
  readSource,
  type SourceFile,
  type SourceTree,
  sourceLimits,
  sourceTree,
  writeSource,
} from './source';
export { findToolchain, runTool, type Toolchain, type ToolResult, type ToolRun } from './toolchain';
