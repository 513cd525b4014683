/** Three servers as one ensemble, of either kind, from the same configuration: that of the launcher of local ensembles. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, host, sleep, workDirectory } from '../../scripts/golden/launch.mjs';
import { logOf, modeOf, spawnBenchServer } from './bench-servers.mjs';
import { SteadyWriter } from './steady-writer.mjs';

const IDS = [1, 2, 3];
const WITHIN_MS = 40_000;
const POLL_MS = 5;

/** @typedef {typeof import('./bench-servers.mjs').kinds[number]} Kind */
/** @typedef {Awaited<ReturnType<typeof startBenchEnsemble>>} BenchEnsemble */

/** @param {string} directory @param {readonly number[]} ports of clients */
async function writeFiles(directory, ports) {
  const lines = [];
  for (const id of IDS) lines.push(`server.${id}=${host}:${await freePort()}:${await freePort()}`);
  for (const [index, id] of IDS.entries()) {
    const home = join(directory, `server-${id}`);
    const dataDir = join(home, 'data');
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'myid'), `${id}\n`);
    writeFileSync(join(home, 'zoo.cfg'), [
      'tickTime=2000', 'initLimit=10', 'syncLimit=5', `dataDir=${dataDir}`, `clientPort=${ports[index]}`, `clientPortAddress=${host}`,
      'maxClientCnxns=0', 'admin.enableServer=false', '4lw.commands.whitelist=*', 'extendedTypesEnabled=true', 'autopurge.purgeInterval=1',
      ...lines, '',
    ].join('\n'));
  }
}

/**
 * Three servers started at one moment on empty directories.
 * @param {Kind} kind
 * @param {string} name of their directory
 * @param {readonly string[]} [nodeOptions] for ours
 */
export async function startBenchEnsemble(kind, name, nodeOptions = []) {
  const directory = join(workDirectory, name);
  rmSync(directory, { recursive: true, force: true });
  const ports = [await freePort(), await freePort(), await freePort()];
  await writeFiles(directory, ports);
  const homes = IDS.map((id) => join(directory, `server-${id}`));
  const spawn = (/** @type {string} */ home) => spawnBenchServer(kind, home, nodeOptions);
  const writers = IDS.map((_id, index) => new SteadyWriter(ports, index));
  const beganMs = performance.now();
  const members = homes.map(spawn);
  const modes = () => Promise.all(ports.map(modeOf));

  /** @template T @param {() => Promise<T | null>} look @returns {Promise<T>} */
  const until = async (look) => {
    const deadline = performance.now() + WITHIN_MS;
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      if (performance.now() > deadline) throw new Error(homes.map((home) => logOf(home).slice(-1500)).join('\n---\n'));
      await sleep(POLL_MS);
    }
  };
  const allServe = () => until(async () => ((await modes()).includes(null) ? null : true));
  const firstWriteMs = (await Promise.race(writers.map((writer) => writer.written(beganMs)))) - beganMs;
  await Promise.all(writers.map((writer) => writer.stop()));
  await allServe();

  return {
    kind, ports, firstWriteMs,
    memory: () => members.reduce((sum, member) => sum + member.memory(), 0),
    cpuMicros: () => members.reduce((sum, member) => sum + member.cpuMicros(), 0),

    /**
     * Kills the leader under three clients, one at each server, and starts it again.
     * @returns {Promise<{ leaders: number, followers: number }>} how long the leader's client went without a write, and the slowest of the others, ms
     */
    async killLeader() {
      const clients = IDS.map((_id, index) => new SteadyWriter(ports, index));
      await Promise.all(clients.map((client) => client.written(performance.now())));
      const leader = await until(async () => {
        const index = (await modes()).indexOf('leader');
        return index < 0 ? null : index;
      });
      const killedMs = performance.now();
      const killed = members[leader]?.stop();
      const gaps = await Promise.all(clients.map(async (client) => (await client.written(killedMs)) - killedMs));
      await killed;
      await Promise.all(clients.map((client) => client.stop()));
      members[leader] = spawn(/** @type {string} */ (homes[leader]));
      await allServe();
      return { leaders: gaps[leader] ?? NaN, followers: Math.max(...gaps.filter((_gap, index) => index !== leader)) };
    },

    /** @param {NodeJS.Signals} [signal] */
    async stop(signal) {
      await Promise.all(members.map((member) => member.stop(signal)));
    },
  };
}
