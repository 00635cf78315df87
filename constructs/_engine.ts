/**
 * The CDK engine. Every import of it stands in this file, so that a build can make a second entry point for CDK
 * Terrain by rewriting one specifier; both engines in one app break each other.
 */
export {
  App,
  Aspects,
  conditional,
  dependable,
  Fn,
  type IAspect,
  type IResolvable,
  type IResolveContext,
  type IStackSynthesizer,
  type ISynthesisSession,
  type ITerraformDependable,
  Lazy,
  LocalBackend,
  Manifest,
  Op,
  TerraformBackend,
  type TerraformMetaArguments,
  TerraformOutput,
  TerraformProvider,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Testing,
  Token,
} from 'cdktf';
