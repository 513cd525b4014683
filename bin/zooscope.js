#!/usr/bin/env node
/**
 * The launcher of the `zooscope` command in a checkout. In: the command line. Out: what src/hosts/cli does with it.
 * Builds what is missing or older than its sources first. Plain JavaScript, since it runs before anything is built.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_LOWEST = [20, 19];
const BUILD_WAIT_MS = 120_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outputs = ['main/cli.js', 'main/server.js', 'main/main.js', 'preload/preload.cjs', 'renderer/index.html'].map((file) => join(root, 'out', file));
const sources = ['src', 'package.json', 'electron.vite.config.ts'].map((file) => join(root, file));
const lock = join(root, 'out', '.building');

/** @param {string} line */
const say = (line) => process.stderr.write(`zooscope: ${line}\n`);

/** @param {string} line @returns {never} */
function fail(line) {
  say(line);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [lowestMajor, lowestMinor] = NODE_LOWEST;
  if (major > lowestMajor || (major === lowestMajor && minor >= lowestMinor)) return;
  fail(`this needs Node ${NODE_LOWEST.join('.')} or newer; this is ${process.versions.node}`);
}

/** The newest change below a path, ms; 0 where there is nothing. @param {string} path @returns {number} */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isStale() {
  const built = outputs.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.min(...built) < Math.max(...sources.map(newest));
}

function build() {
  const builder = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  if (!existsSync(builder)) fail(`the app is not built and its packages are missing: run \`npm ci\` in ${root}`);
  say('building the app, which takes a few seconds');
  const { status, stdout, stderr } = spawnSync(process.execPath, [builder, 'build', '--logLevel', 'warn'], { cwd: root, encoding: 'utf8' });
  if (status === 0 && outputs.every((file) => existsSync(file))) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  fail('the app could not be built');
}

/** One build at a time: others wait for it, then see whether anything is left to do. */
async function buildWhereStale() {
  if (!existsSync(join(root, 'src')) || !isStale()) return;
  const deadline = Date.now() + BUILD_WAIT_MS;
  mkdirSync(join(root, 'out'), { recursive: true });
  while (!takeLock()) {
    if (Date.now() > deadline) fail(`another build does not end; if there is none, remove ${lock}`);
    await delay(100);
  }
  try {
    if (isStale()) build();
  } finally {
    releaseLock();
  }
}

let holdsLock = false;

/** Only our own: by the time that this process ends, the lock may be another's. */
function releaseLock() {
  if (!holdsLock) return;
  holdsLock = false;
  rmdirSync(lock);
}

function takeLock() {
  try {
    mkdirSync(lock);
    holdsLock = true;
    process.once('exit', releaseLock);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    const held = statSync(lock, { throwIfNoEntry: false });
    // Left behind by a build that was killed.
    if (held !== undefined && Date.now() - held.mtimeMs > BUILD_WAIT_MS) rmdirSync(lock);
    return false;
  }
}

checkNode();
await buildWhereStale();
process.setSourceMapsEnabled(true);
await import(pathToFileURL(join(root, 'out', 'main', 'cli.js')).href);
