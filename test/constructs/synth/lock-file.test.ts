import fc from 'fast-check';
import { formatLockFile, type LockedProvider, mergeLockFile, parseLockFile } from '../../../constructs/synth';

const own: LockedProvider = {
  address: 'factory.nexus.internal/nexus/nexus',
  version: '0.1.0',
  constraints: '0.1.0',
  hashes: ['h1:R1vrCnTdUKSa2dImhxt790I9jpmcvmCekDp66xq59/0='],
};
const other: LockedProvider = {
  address: 'example.test/space/other',
  version: '3.2.4',
  constraints: '~> 3.0',
  hashes: ['h1:aaaa', 'zh:bbbb'],
};

/** Written by `terraform init` 1.11.4 for the provider above. */
const byTerraform = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "factory.nexus.internal/nexus/nexus" {
  version     = "0.1.0"
  constraints = "0.1.0"
  hashes = [
    "h1:R1vrCnTdUKSa2dImhxt790I9jpmcvmCekDp66xq59/0=",
  ]
}
`;

test('a lock file has the bytes that Terraform writes', () => {
  expect(formatLockFile([own])).toBe(byTerraform);
});

test('format and parse are inverse', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,9}$/);
  const provider = fc.record({
    address: fc.tuple(word, word, word).map((parts) => parts.join('/')),
    version: fc.stringMatching(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/),
    constraints: fc.option(fc.constantFrom('1.0.0', '~> 3.0', '>= 1.0.0, < 2.0.0'), { nil: undefined }),
    hashes: fc.array(fc.stringMatching(/^(h1|zh):[A-Za-z0-9+/=]{1,50}$/), { maxLength: 4 }),
  });
  const lists = fc.uniqueArray(provider, { maxLength: 4, selector: ({ address }) => address });
  fc.assert(
    fc.property(lists, (providers) => {
      const sorted = providers.toSorted((left, right) => (left.address < right.address ? -1 : 1));
      expect(parseLockFile(formatLockFile(providers))).toEqual(sorted);
    }),
  );
});

test("our block is renewed and other providers' blocks stay", () => {
  const before = formatLockFile([{ ...own, version: '0.0.9', hashes: ['h1:old='] }, other]);
  expect(mergeLockFile(before, own, [own, other])).toBe(formatLockFile([own, other]));
});

test('merging twice changes nothing', () => {
  const required = [{ address: 'registry.terraform.io/hashicorp/null', version: '~> 3.0' }];
  const once = mergeLockFile('', own, required);
  expect(mergeLockFile(once, own, required)).toBe(once);
});

test('a required provider without a lock is named in a comment only', () => {
  const text = mergeLockFile('', own, [{ address: 'example.test/space/other', version: '~> 3.0' }]);
  expect(text).toMatch(
    /^\/\*[\s\S]*provider "example.test\/space\/other" \{\n {2}constraints = "~> 3.0"\n\}\n\*\/$/m,
  );
  expect(parseLockFile(text)).toEqual([own]);
});

test('text that Terraform would not write is refused with a hint', () => {
  expect(() => mergeLockFile('resource "x" "y" {}\n', own, [])).toThrow(
    'Cannot read ".terraform.lock.hcl": unknown line "resource \\"x\\" \\"y\\" {}"',
  );
  expect(() => parseLockFile('provider "a/b/c" {\n  hashes = []\n}\n')).toThrow('Cannot read');
});
