import { Fn } from './_engine';

/** Text of a file in the stack's folder, read by Terraform, so that the plan shows the difference of its lines. */
export function stackFile(name: string): string {
  return Fn.file(name);
}
