/**
 * Text of a file in the stack's folder, read by Terraform, so that the plan shows the difference of its lines. Written out,
 * because a token costs the engine a stack trace.
 */
export function stackFile(name: string): string {
  return `\${file(${JSON.stringify(name)})}`;
}
