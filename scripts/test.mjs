/**
 * `npm test`: the checks, lint, types, the build, then every suite. In: nothing.
 * Out: what the stages print; then each failed test with its message once more, as a long log is often read from its end;
 * last of all one line `tests: N passed, N failed, N skipped` over all suites.
 * Must hold: the last line is printed whatever fails; exit code 0 only when every stage and test passed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { filesBelow } from './lib/sources.mjs';

const root = join(import.meta.dirname, '..');
const results = join(root, 'out', 'test-results');

/** @type {readonly string[]} */
const stages = ['check', 'lint', 'typecheck', 'build'];

/** Suites, with the folders below test/ that hold their files. @type {Readonly<Record<string, readonly string[]>>} */
const suites = { unit: ['unit', 'tooling', 'contract'], sim: ['sim'], interop: ['interop'], e2e: ['e2e'] };

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */
/** @typedef {{ status: string, fullName: string, failureMessages?: string[] }} TestResult */
/** @typedef {{ name: string, status: string, message?: string, assertionResults: TestResult[] }} TestFile */

/** @param {string} command @param {string[]} args @returns {boolean} whether it ended with 0 */
function run(command, args) {
  console.log(`\n--- ${[command, ...args].join(' ')}`);
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

/** What each file of a suite came to; nothing when it left no report. @param {string} suite @returns {TestFile[]} */
function filesOf(suite) {
  const file = join(results, `${suite}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testResults : [];
}

/** As much of a message as tells what went wrong; the whole of it stands where the test ran. */
const MESSAGE_CHARACTERS = 3_000;
/** More failures than this have one cause. */
const MOST_SHOWN = 10;

/** The failures of a suite, for a reader who has only the end of the log. @param {string} suite @param {TestFile[]} files */
function showFailures(suite, files) {
  const failures = files.flatMap((file) => {
    const name = relative(root, file.name);
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return file.status === 'failed' ? [`${name}\n${file.message ?? ''}`] : [];
    return failed.map((test) => [`${name} > ${test.fullName}`, ...test.failureMessages ?? []].join('\n'));
  });
  for (const text of failures.slice(0, MOST_SHOWN)) console.log(`\nfailed in ${suite}: ${text.slice(0, MESSAGE_CHARACTERS)}`);
  if (failures.length > MOST_SHOWN) console.log(`\nfailed in ${suite}: ${failures.length - MOST_SHOWN} more`);
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
  const files = filesOf(suite);
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
for (const suite of Object.keys(suites)) showFailures(suite, filesOf(suite));
console.log(`\ntests: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
