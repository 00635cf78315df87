import { Aspects, TerraformHclModule, TerraformProvider, type TerraformStack } from 'cdktf';
import { Cell, type NexusStack, Policies } from '../../constructs';
import { addSwarm, createFixture, type Fixture } from './_fixture';
import { problemsOf } from './_problems';

let fixture: Fixture;
let stack: NexusStack;
beforeEach(() => {
  fixture = createFixture();
  stack = fixture.stack();
  addSwarm(stack, fixture.helloSource);
});
afterEach(() => fixture.remove());

const terraform = (expression: string) => `\${${expression}}`;

class Other extends TerraformProvider {
  constructor(scope: TerraformStack, version?: string) {
    super(scope, 'other', {
      terraformResourceType: 'other',
      terraformProviderSource: 'example.test/space/other',
      terraformGeneratorMetadata: {
        providerName: 'other',
        ...(version === undefined ? {} : { providerVersionConstraint: version }),
      },
    });
  }
}

test('a sound stack passes all policies, at every synth', () => {
  for (const policy of Object.values(Policies)) Aspects.of(stack).add(policy());
  expect(problemsOf(stack)).toEqual([]);
  expect(problemsOf(stack)).toEqual([]);
});

test('a cell without a pledge is refused under its path', () => {
  new Cell(stack, 'quiet', { source: fixture.helloSource, pledges: [] });
  expect(problemsOf(stack)).toEqual([]);
  Aspects.of(stack).add(Policies.everyCellPledged());
  expect(problemsOf(stack)).toEqual([
    '[swarm/quiet] Cannot accept cell "quiet": it has no pledge, expected at least 1',
    'hint: Say in `pledges` what the cell uses.',
  ]);
});

test('a recorded size over the budget is refused, one at the budget is not', () => {
  Aspects.of(stack).add(Policies.imagesUnderBudget({ recordedSizes: { n: 32_768 } }));
  expect(problemsOf(stack)).toEqual([]);
  Aspects.of(stack).add(Policies.imagesUnderBudget({ budgetBytes: 20_000, recordedSizes: { n: 20_001 } }));
  expect(problemsOf(stack)[0]).toBe(
    '[swarm/n] Cannot accept image "n": 20001 bytes were recorded, expected at most 20000',
  );
});

test('Terraform checks the real size of each image, once for each policy', () => {
  Aspects.of(stack).add(Policies.imagesUnderBudget());
  stack.preview();
  expect(stack.preview().terraform.resource?.nexus_image).toMatchObject({
    n: {
      lifecycle: {
        postcondition: [
          {
            condition: terraform('self.size_bytes <= 32768'),
            error_message: 'Cannot accept image "n": it is over the budget of 32768 bytes.',
          },
        ],
      },
    },
  });
});

test.each([undefined, '~> 3.2', '>= 1.0.0', '1.2', '1.x'])('a provider with version %p floats', (version) => {
  new Other(stack, version);
  Aspects.of(stack).add(Policies.noFloatingVersion());
  const reason = version === undefined ? 'has none' : `has "${version}"`;
  expect(problemsOf(stack)[0]).toBe(
    `[swarm] Cannot accept the versions of stack "swarm": provider "other" ${reason}; expected one exact version each, like "1.2.3"`,
  );
});

test.each(['1.2.3', '= 1.2.3', '1.2.3-beta.1'])('a provider with version %p is pinned', (version) => {
  new Other(stack, version);
  Aspects.of(stack).add(Policies.noFloatingVersion());
  expect(problemsOf(stack)).toEqual([]);
});

test('an override of the stack pins what a library left floating', () => {
  new Other(stack, '~> 3.2');
  stack.addOverride('terraform.required_providers.other.version', '3.2.3');
  Aspects.of(stack).add(Policies.noFloatingVersion());
  expect(problemsOf(stack)).toEqual([]);
});

test('a module of a registry without a version floats, one at a tag or in a folder does not', () => {
  new TerraformHclModule(stack, 'floating', { source: 'terraform-aws-modules/vpc/aws' });
  new TerraformHclModule(stack, 'tagged', { source: 'git::https://example.test/m.git?ref=v1.2.0' });
  new TerraformHclModule(stack, 'local', { source: './modules/m', skipAssetCreationFromLocalModules: true });
  Aspects.of(stack).add(Policies.noFloatingVersion());
  expect(problemsOf(stack)[0]).toContain('module "floating" has none; expected');
});

test('findings of all policies and of the constructs are thrown once, together', () => {
  new Cell(stack, 'quiet', { source: '/nowhere', pledges: [] });
  new Other(stack);
  Aspects.of(stack).add(Policies.everyCellPledged());
  Aspects.of(stack).add(Policies.noFloatingVersion());
  const app = stack.node.root as ReturnType<Fixture['app']>;
  expect(() => app.synth()).toThrow(
    /\[swarm\] Cannot accept the versions[\s\S]*\[swarm\/quiet\] Cannot read folder[\s\S]*\[swarm\/quiet\] Cannot accept cell/,
  );
});
