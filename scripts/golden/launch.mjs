/**
 * Starts Apache ZooKeeper servers for the capture and cleans up after them. Plain JavaScript on purpose: it runs
 * without a build. In: zoo.cfg keys and Java options. Out: ports, directories, and a way to end it all.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { once } from 'node:events';

export const host = '127.0.0.1';
export const workDirectory = mkdtempSync(join(tmpdir(), 'zooscope-golden-'));

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/** Ends every process that is left and removes the work directory. */
export function cleanUp() {
  for (const child of children) child.kill('SIGKILL');
  rmSync(workDirectory, { recursive: true, force: true, maxRetries: 5 });
}

/** The classpath of Apache ZooKeeper: ZOOKEEPER_HOME, or Debian's package. */
export function classpath() {
  const home = process.env['ZOOKEEPER_HOME'];
  if (home) return join(home, 'lib', '*');
  const jars = ['/usr/share/java/zookeeper.jar', '/usr/share/java/slf4j-simple.jar'];
  if (!jars.every((jar) => existsSync(jar))) throw new Error('set ZOOKEEPER_HOME or install the package zookeeper');
  return jars.join(delimiter);
}

/**
 * Spawns a program that ends with this one.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 */
export function spawnTied(command, args, stdio) {
  const child = spawn(command, args, { stdio });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/**
 * Java with quick-start options and ZooKeeper's classpath.
 * @param {readonly string[]} options
 * @param {readonly string[]} args  main class and its arguments
 * @param {import('node:child_process').StdioOptions} stdio
 */
export function spawnJava(options, args, stdio) {
  const quick = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
  return spawnTied('java', [...quick, ...options, '-cp', classpath(), ...args], stdio);
}

/** @returns {Promise<number>} */
export async function freePort() {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * @typedef {object} ServerOptions
 * @property {string} name
 * @property {Record<string, string>} [config]
 * @property {readonly string[]} [options]  Java options
 * @property {readonly string[]} [serverLines]
 * @property {number} [id]
 * @property {number} [port]
 * @property {boolean} [waitServing]
 */

/** @param {ServerOptions} spec */
export async function startServer(spec) {
  const home = join(workDirectory, spec.name);
  const dataDir = join(home, 'data');
  mkdirSync(dataDir, { recursive: true });
  const port = spec.port ?? (await freePort());
  const config = {
    tickTime: '2000', initLimit: '10', syncLimit: '5', dataDir, clientPort: String(port), clientPortAddress: host,
    maxClientCnxns: '0', 'admin.enableServer': 'false', '4lw.commands.whitelist': '*', ...spec.config,
  };
  // An empty value takes a default away.
  const lines = Object.entries(config).filter(([, value]) => value !== '').map(([key, value]) => `${key}=${value}`);
  const configFile = join(home, 'zoo.cfg');
  const logFile = join(home, 'server.log');
  if (spec.id !== undefined) writeFileSync(join(dataDir, 'myid'), `${spec.id}\n`);
  writeFileSync(configFile, [...lines, ...(spec.serverLines ?? []), ''].join('\n'));

  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  const server = {
    port,
    dataDir,
    home,
    log: () => readFileSync(logFile, 'utf8'),
    /** @param {readonly string[]} [more] */
    async start(more = []) {
      const output = openSync(logFile, 'a');
      const main = ['org.apache.zookeeper.server.quorum.QuorumPeerMain', configFile];
      child = spawnJava([...(spec.options ?? []), ...more], main, ['ignore', output, output]);
      if (spec.waitServing !== false) await waitServing(port, server.log);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
  await server.start();
  return server;
}

/**
 * @param {number} port
 * @param {() => string} log
 */
export async function waitServing(port, log) {
  const deadline = Date.now() + 40_000;
  while (Date.now() < deadline) {
    if (/^Mode: /m.test(await fourLetterWord(port, 'srvr'))) return;
    await sleep(50);
  }
  throw new Error(`the server on port ${port} does not serve:\n${log().slice(-3000)}`);
}

/**
 * The reply to a four-letter word; empty when nobody listens.
 * @param {number} port
 * @param {string} word
 * @returns {Promise<string>}
 */
export function fourLetterWord(port, word) {
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const chunks = [];
    const socket = connect({ host, port });
    socket.on('connect', () => socket.write(word));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
