/** What a synth would write of a stack, in memory: made by the constructs, looked at by the test matchers. */
export interface StackPreview {
  /** The Terraform JSON, without what the CDK notes for itself. */
  readonly terraform: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Text of each KDL file by its name. */
  readonly kdl: Readonly<Record<string, string>>;
}
