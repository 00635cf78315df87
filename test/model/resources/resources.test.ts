import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  cellResource,
  cidOfRaw,
  deploymentResource,
  factoryVersion,
  formatMesh,
  formatSystem,
  imageResource,
  meshResource,
  nexusProvider,
  releaseResource,
} from '../../../model';
import type { Attribute, Attributes } from '../../../schema';

const resources = [cellResource, imageResource, meshResource, releaseResource, deploymentResource];

/** What the validators of an attribute, or of its elements, say of a value. */
function problems(attribute: Attribute, value: unknown): (string | undefined)[] {
  return attribute.validate.map((validator) => validator.check(value)).filter((text) => text !== undefined);
}

function undescribed(attributes: Attributes, prefix: string): string[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    const place = `${prefix}.${name}`;
    const own = attribute.description === '' ? [place] : [];
    const type = 'element' in attribute.type ? attribute.type.element.type : attribute.type;
    return type.kind === 'object' ? [...own, ...undescribed(type.attributes, place)] : own;
  });
}

test('the version is the one of package.json', () => {
  const { version } = JSON.parse(readFileSync(path.join(__dirname, '../../../package.json'), 'utf8'));
  expect(factoryVersion).toBe(version);
});

test('every attribute of every resource is described', () => {
  const missing = [nexusProvider, ...resources].flatMap((schema) =>
    undescribed(schema.attributes, schema.description),
  );
  expect(missing).toEqual([]);
});

test('a wrong name is refused with the rule', () => {
  const [problem] = problems(cellResource.attributes.name, 'Hello World');
  expect(problem).toContain('Cannot name a cell "Hello World"');
  expect(problem).toContain('hint: Rename the cell, for example to "hello-world"');
});

test('an unknown pledge is refused with the nearest one', () => {
  const [problem] = problems(cellResource.attributes.pledges.type.element, 'stdoi');
  expect(problem).toContain('expected one of stdio, clock, mesh');
});

test('an absolute source and a stack that is no multiple of 16 are refused', () => {
  expect(problems(cellResource.attributes.source, '/home')).toHaveLength(1);
  expect(problems(cellResource.attributes.stack_bytes, 4097)).toHaveLength(1);
});

test('KDL is read when it is validated, and an error says where', () => {
  const cells = [{ name: 'hello', source: 'cells/hello', pledges: ['stdio'], stackBytes: 4096 }] as const;
  const system = formatSystem({ name: 'n', profile: 'tinybox', cells });
  const mesh = formatMesh({
    name: 'a',
    members: ['hello'],
    allowed: [],
    helloIntervalMs: 1000,
    heartbeatIntervalMs: 5000,
  });
  expect(problems(imageResource.attributes.system, system)).toEqual([]);
  expect(problems(meshResource.attributes.definition, mesh)).toEqual([]);
  expect(problems(imageResource.attributes.system, system.replace('tinybox', 'tinybx'))[0]).toMatch(
    /^system:2:/,
  );
  expect(problems(releaseResource.attributes.systems.type.element, mesh)).toHaveLength(1);
});

test('a CID and a public key are checked by their form', () => {
  const { release, peers } = deploymentResource.attributes;
  expect(problems(release, cidOfRaw(new Uint8Array()))).toEqual([]);
  expect(problems(release, 'bafk')).toHaveLength(1);
  expect(problems(peers.type.element, 'A'.repeat(64))).toHaveLength(1);
  expect(problems(peers, { 'No Name': '' })).toHaveLength(1);
});

test('what is a thing of its own is replaced when its name changes', () => {
  const replacing = resources.flatMap(({ typeName, attributes }) =>
    Object.entries(attributes)
      .filter(([, attribute]) => attribute.forcesReplacement !== false)
      .map(([name]) => `${typeName}.${name}`),
  );
  expect(replacing).toEqual([
    'nexus_cell.name',
    'nexus_image.name',
    'nexus_mesh.name',
    'nexus_release.name',
    'nexus_deployment.node',
    'nexus_deployment.mesh',
  ]);
});
