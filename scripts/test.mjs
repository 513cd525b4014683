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

/** On a build machine a file that fails is run once more, alone. More files than this fail for a reason. */
const MOST_RUN_AGAIN = process.env['CI'] === 'true' ? 5 : 0;

/** @param {string} command @param {string[]} args @returns {boolean} whether it ended with 0 */
function run(command, args) {
  console.log(`\n--- ${[command, ...args].join(' ')}`);
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

/** What each file of a suite came to; null when it left no report. @param {string} report @returns {TestFile[] | null} */
function read(report) {
  const file = join(results, `${report}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testResults : null;
}

/** As much of a message as tells what went wrong; the whole of it stands where the test ran. */
const MESSAGE_CHARACTERS = 3_000;
/** More failures than this have one cause. */
const MOST_SHOWN = 10;

/** The failures of a suite, for a reader who has only the end of the log. @param {string} suite @param {readonly TestFile[]} files */
function showFailures(suite, files) {
  const failures = files.flatMap((file) => {
    const name = relative(root, file.name);
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return file.status === 'failed' ? [`${name}\n${file.message ?? ''}`] : [];
    return failed.map((test) => [`${name} > ${test.fullName}`, ...test.failureMessages ?? []].join('\n'));
  }).map((text) => text.split('\n').filter((line) => !/^\s+at .*node_modules/.test(line)).join('\n'));
  for (const text of failures.slice(0, MOST_SHOWN)) console.log(`\nfailed in ${suite}: ${text.slice(0, MESSAGE_CHARACTERS)}`);
  if (failures.length > MOST_SHOWN) console.log(`\nfailed in ${suite}: ${failures.length - MOST_SHOWN} more`);
}

/** @param {readonly TestFile[]} files @param {string} status @returns {number} */
const testsWith = (files, status) => files.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length;

/**
 * What a suite's files say. One that could not be loaded has no tests to count: it counts as one failure.
 * @param {readonly TestFile[] | null} files
 * @param {boolean} endedWell
 * @returns {Count}
 */
function countOf(files, endedWell) {
  if (files === null) return { passed: 0, failed: 1, skipped: 0 };
  const brokenFiles = files.filter((one) => one.status === 'failed' && !one.assertionResults.some((test) => test.status === 'failed'));
  const [passed, failedTests] = [testsWith(files, 'passed'), testsWith(files, 'failed')];
  const failed = failedTests + brokenFiles.length;
  return {
    passed,
    failed: failed === 0 && !endedWell ? 1 : failed,
    skipped: files.reduce((sum, file) => sum + file.assertionResults.length, 0) - passed - failedTests,
  };
}

/** @typedef {{ files: TestFile[] | null, endedWell: boolean }} Outcome */

/** @param {string} suite @param {string} report @param {string[]} files @returns {Outcome} */
function runFiles(suite, report, files) {
  const endedWell = run('npx', ['vitest', 'run', '--project', suite, `--outputFile.json=${join(results, `${report}.json`)}`, ...files]);
  return { files: read(report), endedWell };
}

/**
 * Runs a suite. What failed among thousands of tests on real servers because one of them was late passes in a run of
 * its own, with new servers; what is wrong fails again, and that is what counts.
 * @param {string} suite
 * @returns {Outcome}
 */
function runSuite(suite) {
  const folders = suites[suite] ?? [];
  const present = folders.flatMap((folder) => filesBelow(root, `test/${folder}`)).filter((file) => file.endsWith('.test.ts'));
  if (present.length === 0) {
    console.log(`\n--- ${suite}: no test file yet`);
    return { files: [], endedWell: true };
  }
  const first = runFiles(suite, suite, []);
  const failed = (first.files ?? []).filter(({ status }) => status === 'failed');
  if (failed.length === 0 || failed.length > MOST_RUN_AGAIN) return first;
  showFailures(suite, failed);
  console.log(`\n${suite}: run once more: ${failed.map(({ name }) => relative(root, name)).join(', ')}`);
  const again = runFiles(suite, `${suite}-again`, failed.map(({ name }) => relative(root, name)));
  const renewed = new Map((again.files ?? []).map((file) => [file.name, file]));
  return { files: (first.files ?? []).map((file) => renewed.get(file.name) ?? file), endedWell: again.endedWell };
}

rmSync(results, { recursive: true, force: true });
const failedStages = stages.filter((stage) => !run('npm', ['run', '--silent', stage]));
const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {Map<string, Outcome>} */
const outcomes = new Map();
for (const suite of Object.keys(suites)) {
  const outcome = runSuite(suite);
  outcomes.set(suite, outcome);
  const count = countOf(outcome.files, outcome.endedWell);
  console.log(`${suite}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
}
if (total.passed === 0) console.log('\nno test passed: that is a failure too');
if (failedStages.length > 0) console.log(`\nfailed before the tests: ${failedStages.join(', ')}`);
process.exitCode = failedStages.length === 0 && total.failed === 0 && total.passed > 0 ? 0 : 1;
for (const [suite, { files }] of outcomes) showFailures(suite, files ?? []);
console.log(`\ntests: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
