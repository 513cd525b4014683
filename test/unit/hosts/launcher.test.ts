/** bin/zooscope.js in a checkout of its own, with a builder and a command that only say what happened. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guardProcess, removeTemporaryDirectory, temporaryDirectory } from '../../support/process-guard.ts';

const LAUNCHER = fileURLToPath(new URL('../../../bin/zooscope.js', import.meta.url));

const BUILDER = `
  import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
  appendFileSync('builds.txt', process.argv.slice(2).join(' ') + '\\n');
  console.log('a lot of output');
  if (process.env.BUILD_FAILS) { console.error('src/x.ts is wrong'); process.exit(1); }
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.BUILD_MS ?? 0)));
  for (const folder of ['main', 'preload', 'renderer']) mkdirSync('out/' + folder, { recursive: true });
  for (const file of ['main/server.js', 'main/main.js', 'preload/preload.cjs', 'renderer/index.html']) writeFileSync('out/' + file, '');
  writeFileSync('out/main/cli.js', "console.log('ran ' + process.argv.slice(2).join(' ')); process.exitCode = 5;");
`;

let root: string;

beforeEach(() => {
  root = temporaryDirectory();
  write('package.json', '{"type":"module"}');
  write('electron.vite.config.ts');
  write('src/hosts/x.ts');
  write('node_modules/electron-vite/bin/electron-vite.js', BUILDER);
  mkdirSync(join(root, 'bin'));
  copyFileSync(LAUNCHER, join(root, 'bin', 'zooscope.js'));
});
afterEach(() => removeTemporaryDirectory(root));

function write(file: string, text = ''): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const run = (env: Record<string, string> = {}, cwd = root) =>
  spawnSync(process.execPath, [join(root, 'bin', 'zooscope.js'), 'a', '-b'], { cwd, env: { ...process.env, ...env }, encoding: 'utf8' });
const builds = (): number => (existsSync(join(root, 'builds.txt')) ? readFileSync(join(root, 'builds.txt'), 'utf8').split('\n').length - 1 : 0);
const touchLater = (file: string): void => utimesSync(join(root, file), new Date(), new Date(Date.now() + 10_000));

test('builds what is missing, with one line, then runs the command from wherever it is called', () => {
  const first = run({}, dirname(root));
  expect(first).toMatchObject({ status: 5, stdout: 'ran a -b\n', stderr: 'zooscope: building the app, which takes a few seconds\n' });
  expect(builds()).toBe(1);
  expect(run()).toMatchObject({ status: 5, stdout: 'ran a -b\n', stderr: '' });
  expect(builds()).toBe(1);
});

test.each(['src/hosts/x.ts', 'package.json', 'electron.vite.config.ts'])('builds again when %s is newer', (file) => {
  run();
  touchLater(file);
  expect(run().status).toBe(5);
  expect(builds()).toBe(2);
});

test('builds again when a part of the build is gone', () => {
  run();
  rmSync(join(root, 'out', 'preload', 'preload.cjs'));
  run();
  expect(builds()).toBe(2);
});

test('shows what the builder said when it fails', () => {
  const { status, stdout, stderr } = run({ BUILD_FAILS: '1' });
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('src/x.ts is wrong');
  expect(stderr).toMatch(/zooscope: the app could not be built\n$/);
  expect(run().status).toBe(5);
});

test('says what to do when the packages are not installed', () => {
  rmSync(join(root, 'node_modules'), { recursive: true });
  const { status, stderr } = run();
  expect(status).toBe(1);
  expect(stderr).toMatch(/^zooscope: .*`npm ci`.*\n$/);
});

test('builds once when it is started several times at once', async () => {
  const children = Array.from({ length: 3 }, () => {
    const child = spawn(process.execPath, [join(root, 'bin', 'zooscope.js')], { env: { ...process.env, BUILD_MS: '300' }, stdio: 'ignore' });
    guardProcess(child);
    return once(child, 'exit');
  });
  expect((await Promise.all(children)).map(([code]) => code as unknown)).toStrictEqual([5, 5, 5]);
  expect(builds()).toBe(1);
});

test('runs a build without its sources as it is', () => {
  run();
  rmSync(join(root, 'src'), { recursive: true });
  rmSync(join(root, 'node_modules'), { recursive: true });
  touchLater('package.json');
  expect(run()).toMatchObject({ status: 5, stderr: '' });
});

test('refuses a Node that is too old, in one line', () => {
  const trick = `Object.defineProperty(process.versions, 'node', { value: '20.18.3' }); await import(${JSON.stringify(join(root, 'bin', 'zooscope.js'))})`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', trick], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toBe('zooscope: this needs Node 20.19 or newer; this is 20.18.3\n');
});
