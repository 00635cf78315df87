/** Blocks and recipes in an OCI registry. See docs/store.md. */
export type { RecipeSigner } from './artifact';
export { type Credentials, credentialsOf } from './auth';
export { RegistryClient, type RegistryOptions } from './client';
export {
  type Pulled,
  type PullOptions,
  pull,
  RegistryRecipes,
  type RegistryRecipesOptions,
  resolveTag,
} from './pull';
export { type Pushed, type PushOptions, push, pushRecipe } from './push';
export { parseReference, type RegistryReference } from './reference';
