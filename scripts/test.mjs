// Runs all tests: first those that are fast, then those that boot machines, one file at a time. Arguments go to Jest
// (`npm test -- test/model`). Closes with one line, `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const jest = join(root, 'node_modules/jest/bin/jest.js');
const patterns = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'nexus-tests-'));
const total = { passed: 0, failed: 0 };

function runProject(name, ...options) {
  const report = join(folder, `${name}.json`);
  const args = [
    '--selectProjects',
    name,
    '--json',
    `--outputFile=${report}`,
    '--passWithNoTests',
    ...options,
    ...patterns,
  ];
  // With --json Jest prints its report on stdout too: only stderr, where the progress goes, is for the reader.
  const { status } = spawnSync(process.execPath, [jest, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const result = readReport(report);
  total.passed += result.numPassedTests;
  // A file that cannot be loaded has no failed test of its own.
  total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  if (status !== 0 && total.failed === 0) total.failed = 1;
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  }
}

try {
  runProject('unit');
  runProject('e2e', '--runInBand');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (total.passed === 0 && total.failed === 0) total.failed = 1;
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
