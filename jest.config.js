// Two projects: `unit` is fast and boots nothing; `e2e` starts real machines, Terraform and the CDK.
const esmPackages = [
  'multiformats',
  '@ipld',
  'cborg',
  '@bgotink',
  'kdljs',
  'fast-check',
  'pure-rand',
  '@noble',
  'lodash-es',
  'chevrotain',
  '@chevrotain',
];

const shared = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmPackages.join('|')})/)`],
  resolver: '<rootDir>/scripts/jest-resolver.cjs',
  moduleNameMapper: {
    '^nexus-factory$': '<rootDir>/constructs/index.ts',
    '^nexus-factory/testing$': '<rootDir>/testing/index.ts',
    '^nexus-factory/testing/jest$': '<rootDir>/testing/jest.ts',
  },
};

module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/e2e/'],
    },
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
  ],
  testTimeout: 60_000,
};
