/** Both servers for the bench, each started as its users start it: Apache's with zkServer.sh's heap, ours by node. */
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classpath, freePort, host, sleep, spawnTied, workDirectory } from '../../scripts/golden/launch.mjs';

/** The build's server; ZOOSCOPE_SERVER names another. */
const ENTRY = process.env['ZOOSCOPE_SERVER'] ?? fileURLToPath(new URL('../../out/main/server.js', import.meta.url));
/** zkServer.sh's default heap. */
const APACHE_OPTIONS = ['-Xmx1000m'];
const ANSWER_MS = 250;
/** USER_HZ is 100 on every Linux. */
const MICROS_PER_TICK = 10_000;

export const kinds = /** @type {const} */ (['apache', 'ours']);

/** @param {typeof kinds[number]} kind @param {string} configFile @param {readonly string[]} nodeOptions @returns {[string, string[]]} */
function commandLine(kind, configFile, nodeOptions) {
  if (kind === 'apache') {
    return ['java', [...APACHE_OPTIONS, '-cp', classpath(), 'org.apache.zookeeper.server.quorum.QuorumPeerMain', configFile]];
  }
  if (!existsSync(ENTRY)) throw new Error(`${ENTRY} is not there: npm run build first`);
  return [process.execPath, [...nodeOptions, ENTRY, configFile]];
}

/** The log of what was started in a directory. @param {string} home */
export const logOf = (home) => readFileSync(join(home, 'server.log'), 'utf8');

/**
 * Starts a server in a directory that has its zoo.cfg, and does not wait for it.
 * @param {typeof kinds[number]} kind
 * @param {string} home
 * @param {readonly string[]} [nodeOptions] for ours
 */
export function spawnBenchServer(kind, home, nodeOptions = []) {
  const log = openSync(join(home, 'server.log'), 'a');
  const [command, args] = commandLine(kind, join(home, 'zoo.cfg'), nodeOptions);
  const child = spawnTied(command, args, ['ignore', log, log]);
  closeSync(log);
  return {
    pid: child.pid ?? 0,
    /** Resident memory now, in bytes. */
    memory() {
      return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    },
    /** Processor time used so far by all its threads, in µs: what other programs do at the same time is not in it. */
    cpuMicros() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
    },
    /** @param {NodeJS.Signals} [signal] */
    async stop(signal = 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    },
  };
}

/**
 * What a server says it is: leader, follower, standalone; null while it does not serve.
 * Apache's server sometimes never answers a connection that it took while it was starting: then another one is made.
 * @param {number} port
 * @returns {Promise<string | null>}
 */
export function modeOf(port) {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on('connect', () => socket.write('srvr'));
    socket.on('data', (chunk) => (text += chunk.toString('utf8')));
    socket.on('error', () => {});
    socket.on('close', () => resolve(/^Mode: (\w+)/m.exec(text)?.[1] ?? null));
  });
}

/**
 * Starts a server on an empty directory.
 * @param {typeof kinds[number]} kind
 * @param {string} name of its directory
 * @param {readonly string[]} [nodeOptions] for ours
 */
export async function startBenchServer(kind, name, nodeOptions = []) {
  const home = join(workDirectory, name);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  writeFileSync(join(home, 'zoo.cfg'), [
    'tickTime=2000', `dataDir=${join(home, 'data')}`, `clientPort=${port}`, `clientPortAddress=${host}`,
    'maxClientCnxns=0', 'admin.enableServer=false', '4lw.commands.whitelist=*', '',
  ].join('\n'));
  const beganMs = performance.now();
  const server = spawnBenchServer(kind, home, nodeOptions);
  const deadline = beganMs + 40_000;
  while ((await modeOf(port)) === null) {
    if (performance.now() > deadline) throw new Error(logOf(home).slice(-3000));
    await sleep(5);
  }
  return { ...server, kind, port, home, firstAnswerMs: performance.now() - beganMs };
}
