/**
 * KDL nodes as values of Terraform. Its lists have one type of element, so that nodes, which are all different, are
 * tuples of objects: `[{ name = "cell", arguments = ["hello"], properties = {}, children = [] }]`.
 */
import { type KdlScalar, type KdlTree, NexusError, shape } from '../../../model';
import type { Dynamic } from '../../../schema';

const nodesMax = 65_536;
const depthMax = 100;

/** The value of nodes with its type. Inverse: {@link parseKdlValue}. */
export function formatKdlValue(nodes: readonly KdlTree[]): Dynamic {
  return { type: typeOfNodes(nodes), value: nodes };
}

function typeOfNodes(nodes: readonly KdlTree[]): unknown {
  return ['tuple', nodes.map(typeOfNode)];
}

function typeOfNode({ arguments: values, properties, children }: KdlTree): unknown {
  const propertyTypes = Object.entries(properties).map(([name, value]) => [name, typeOfScalar(value)]);
  return [
    'object',
    {
      name: 'string',
      arguments: ['tuple', values.map(typeOfScalar)],
      properties: ['object', Object.fromEntries(propertyTypes)],
      children: typeOfNodes(children),
    },
  ];
}

function typeOfScalar(value: KdlScalar): string {
  if (value === null) return 'dynamic';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const scalar: shape.Shape<KdlScalar> = (value, path) =>
  value === null || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : shape.prose(1024 * 1024)(value, path);

const anyName = /^.{1,1000}$/su;

/** Inverse of {@link formatKdlValue}; what a node leaves out is empty. @throws NexusError `bad-kdl` with the path */
export function parseKdlValue(value: unknown): readonly KdlTree[] {
  return shape.readShape(nodesAt(0), value, 'bad-kdl');
}

function nodesAt(depth: number): shape.Shape<readonly KdlTree[]> {
  return (value, path) => {
    if (depth < depthMax) return shape.list(nodeAt(depth), nodesMax)(value, path);
    throw new NexusError('bad-kdl', `Cannot write KDL: nested deeper than ${depthMax} levels`);
  };
}

function nodeAt(depth: number): shape.Shape<KdlTree> {
  const form = shape.object({
    name: shape.text(anyName, 'the name of a node'),
    arguments: shape.optional(shape.list(scalar, nodesMax)),
    properties: shape.optional(shape.map(anyName, scalar, nodesMax)),
    children: shape.optional(nodesAt(depth + 1)),
  });
  return (value, path) => {
    const { name, arguments: values = [], properties = {}, children = [] } = form(withoutNulls(value), path);
    return { name, arguments: values, properties, children };
  };
}

/** An attribute that Terraform filled up with null is one that was left out. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null));
}
