/**
 * `node.addDependency` of the constructs library, which the engine itself ignores: every Terraform resource in the
 * dependent construct comes after every one in the other.
 */
import { Dependable, type IConstruct } from 'constructs';
import { dependable, TerraformResource, TerraformStack } from './_engine';

/** Turns the dependencies of one construct into `depends_on` of its resources. */
export function addConstructDependencies(construct: IConstruct): void {
  if (construct.node.dependencies.length === 0) return;
  const dependents = resourcesIn(construct);
  const stack = TerraformStack.of(construct);
  const roots = construct.node.dependencies.flatMap(
    (dependency) => Dependable.of(dependency).dependencyRoots,
  );
  for (const target of roots.flatMap(resourcesIn)) {
    if (TerraformStack.of(target) !== stack) stack.addDependency(TerraformStack.of(target));
    else for (const dependent of dependents) addDependency(dependent, target);
  }
}

function resourcesIn(construct: IConstruct): TerraformResource[] {
  return construct.node.findAll().filter((child) => TerraformResource.isTerraformResource(child));
}

const added = new WeakMap<TerraformResource, Set<TerraformResource>>();

/** Once, though a stack is visited at every synth. */
function addDependency(dependent: TerraformResource, target: TerraformResource): void {
  const targets = added.get(dependent) ?? new Set();
  if (dependent === target || targets.has(target)) return;
  added.set(dependent, targets.add(target));
  dependent.dependsOn = [...(dependent.dependsOn ?? []), dependable(target)];
}
