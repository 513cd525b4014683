/**
 * `npm test`: the checks, lint, types, the build, then every suite. In: nothing.
 * Out: what the stages print; last of all one line `tests: N passed, N failed, N skipped` over all suites.
 * Must hold: the last line is printed whatever fails; exit code 0 only when every stage and test passed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from './lib/sources.mjs';

const root = join(import.meta.dirname, '..');
const results = join(root, 'out', 'test-results');

/** @type {readonly string[]} */
const stages = ['check', 'lint', 'typecheck', 'build'];

/** Suites, with the folders below test/ that hold their files. @type {Readonly<Record<string, readonly string[]>>} */
const suites = { unit: ['unit', 'tooling', 'contract'], sim: ['sim'], interop: ['interop'], e2e: ['e2e'] };

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

/** @param {string} command @param {string[]} args @returns {boolean} whether it ended with 0 */
function run(command, args) {
  console.log(`\n--- ${[command, ...args].join(' ')}`);
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

/**
 * What a suite's report says. A file that could not be loaded has no tests to count: it counts as one failure.
 * @param {string} suite
 * @param {boolean} endedWell
 * @returns {Count}
 */
function countOf(suite, endedWell) {
  const file = join(results, `${suite}.json`);
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  /** @type {{ status: string, assertionResults: { status: string }[] }[]} */
  const files = report.testResults;
  const brokenFiles = files.filter((one) => one.status === 'failed' && !one.assertionResults.some((test) => test.status === 'failed'));
  const failed = report.numFailedTests + brokenFiles.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !endedWell ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {string} suite @returns {Count} */
function runSuite(suite) {
  const folders = suites[suite] ?? [];
  const files = folders.flatMap((folder) => filesBelow(root, `test/${folder}`)).filter((file) => file.endsWith('.test.ts'));
  if (files.length === 0) {
    console.log(`\n--- ${suite}: no test file yet`);
    return { passed: 0, failed: 0, skipped: 0 };
  }
  return countOf(suite, run('npx', ['vitest', 'run', '--project', suite]));
}

rmSync(results, { recursive: true, force: true });
const failedStages = stages.filter((stage) => !run('npm', ['run', '--silent', stage]));
const total = { passed: 0, failed: 0, skipped: 0 };
for (const suite of Object.keys(suites)) {
  const count = runSuite(suite);
  console.log(`${suite}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
}
if (total.passed === 0) console.log('\nno test passed: that is a failure too');
if (failedStages.length > 0) console.log(`\nfailed before the tests: ${failedStages.join(', ')}`);
process.exitCode = failedStages.length === 0 && total.failed === 0 && total.passed > 0 ? 0 : 1;
console.log(`\ntests: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
