/**
 * Our server beside Apache's: the same load from one neutral client program, in turns, several rounds, medians.
 *
 *   npm run build && npm run bench:server            all of it, under four minutes
 *   node bench/server.mjs --rounds=1 --seconds=0.5   a quick look
 *   node bench/server.mjs --loads=set --at=1,64      some of the loads, at some numbers of connections, and nothing else
 *   node bench/server.mjs --profile=set              only ours under that load, with a CPU profile beside it
 *
 * Latencies are in ms, CPU in µs of processor time for each request, which other programs on the machine do not change.
 * Each connection keeps 8 requests in flight; values are 100 bytes; reads and sets go over 1000 nodes. Both servers
 * write to the same disk with fsync on. Nothing here is asserted: ratios are for people.
 */
import { cleanUp } from '../scripts/golden/launch.mjs';
import { kinds, startBenchServer } from './lib/bench-servers.mjs';
import { plantNodes, runLoad } from './lib/load-run.mjs';
import { median, printTable, ratio } from './lib/table.mjs';

process.on('exit', cleanUp);

/** @param {string} name @param {number} fallback */
const option = (name, fallback) => Number(process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1] ?? fallback);
/** @param {string} name */
const list = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1]?.split(',');
const [profiled] = list('profile') ?? [];
const onlyLoads = list('loads');
const rounds = option('rounds', 3);
const seconds = option('seconds', 1);
const treeNodes = option('nodes', 100_000);
const WARM_UP_SECONDS = 2;
const STARTS = 3;
const loads = /** @type {const} */ (['get', 'exists', 'set', 'create']).filter((kind) => onlyLoads?.includes(kind) ?? true);
const connectionCounts = list('at')?.map(Number) ?? [1, 8, 64];

const mib = (/** @type {number} */ bytes) => (bytes / 1024 / 1024).toFixed(0);

/** @typedef {Awaited<ReturnType<typeof startBenchServer>>} BenchServer */

/** @param {BenchServer} server @param {Parameters<typeof runLoad>[1]} what */
const run = (server, what) => runLoad({ ...server, ports: [server.port] }, { seconds, ...what });

/** @param {BenchServer} server */
const plant = (server) => plantNodes({ ...server, ports: [server.port] });

async function measureStarts() {
  /** @type {Record<string, number[]>} */
  const times = { apache: [], ours: [] };
  /** @type {Record<string, number[]>} */
  const memory = { apache: [], ours: [] };
  for (let i = 0; i < STARTS; i++) {
    for (const kind of kinds) {
      const server = await startBenchServer(kind, `start-${kind}`);
      times[kind]?.push(server.firstAnswerMs);
      memory[kind]?.push(server.memory());
      await server.stop();
    }
  }
  const [apache, ours] = kinds.map((kind) => median(times[kind] ?? []));
  const [apacheMemory, oursMemory] = kinds.map((kind) => median(memory[kind] ?? []));
  return [
    ['start to first answer, ms', apache?.toFixed(0) ?? '', ours?.toFixed(0) ?? '', ratio(ours, apache)],
    ['resident memory after it, MiB', mib(apacheMemory ?? 0), mib(oursMemory ?? 0), ratio(oursMemory, apacheMemory)],
  ];
}

/** @param {BenchServer[]} servers */
async function measureLoads(servers) {
  const rows = [['load, connections', 'Apache /s', 'ours /s', 'ratio', 'Apache p50', 'ours p50', 'Apache p99', 'ours p99', 'Apache CPU', 'ours CPU']];
  for (const server of servers) for (const kind of loads) await run(server, { kind, connections: 8, seconds: WARM_UP_SECONDS / 2 });
  for (const kind of loads) {
    for (const connections of connectionCounts) {
      /** @type {Record<string, Awaited<ReturnType<typeof run>>[]>} */
      const results = { apache: [], ours: [] };
      for (let round = 0; round < rounds; round++) {
        for (const server of servers) results[server.kind]?.push(await run(server, { kind, connections }));
      }
      const of = (/** @type {string} */ server, /** @type {'perSecond' | 'p50' | 'p99' | 'cpu'} */ what) => median((results[server] ?? []).map((result) => result[what]));
      rows.push([
        `${kind}, ${connections}`, of('apache', 'perSecond').toFixed(0), of('ours', 'perSecond').toFixed(0), ratio(of('ours', 'perSecond'), of('apache', 'perSecond')),
        of('apache', 'p50').toFixed(2), of('ours', 'p50').toFixed(2), of('apache', 'p99').toFixed(2), of('ours', 'p99').toFixed(2),
        of('apache', 'cpu').toFixed(0), of('ours', 'cpu').toFixed(0),
      ]);
    }
  }
  printTable(rows);
  return [['resident memory after the loads, MiB', ...servers.map((server) => mib(server.memory())), ratio(servers[1]?.memory(), servers[0]?.memory())]];
}

async function measureMemory() {
  /** @type {{ nodes: number, watches: number }[]} */
  const seen = [];
  for (const kind of kinds) {
    const server = await startBenchServer(kind, `memory-${kind}`);
    await plant(server);
    await (await run(server, { kind: 'create', connections: 8, inFlight: 64, nodes: treeNodes, seconds: 0, prefix: 'n' })).end().catch(() => undefined);
    const filled = server.memory();
    const watching = await run(server, { kind: 'watch', connections: 8, inFlight: 64, nodes: treeNodes, seconds: 0, linger: true });
    seen.push({ nodes: filled, watches: Math.max(0, server.memory() - filled) / treeNodes });
    await watching.end();
    await server.stop();
  }
  const [apache, ours] = seen;
  return [
    [`resident memory with ${treeNodes} nodes, MiB`, mib(apache?.nodes ?? 0), mib(ours?.nodes ?? 0), ratio(ours?.nodes, apache?.nodes)],
    ['memory per watch, bytes (grown by as many)', apache?.watches.toFixed(0) ?? '', ours?.watches.toFixed(0) ?? '', ratio(ours?.watches, apache?.watches)],
  ];
}

/** @param {string} kind */
async function profile(kind) {
  const server = await startBenchServer('ours', 'profile', ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}/out/profile`]);
  await plant(server);
  for (const connections of connectionCounts) {
    const { perSecond, p50, p99, cpu } = await run(server, { kind: /** @type {'get'} */ (kind), connections, seconds: 3 });
    console.log(`${kind}, ${connections}: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, CPU ${cpu.toFixed(1)} µs`);
  }
  await server.stop('SIGTERM');
  console.log('the profile is in out/profile');
}

if (profiled !== undefined) {
  await profile(profiled);
} else {
  const head = ['', 'Apache', 'ours', 'ratio'];
  const starts = onlyLoads === undefined ? await measureStarts() : [];
  const servers = [];
  for (const kind of kinds) servers.push(await startBenchServer(kind, `load-${kind}`));
  for (const server of servers) await plant(server);
  const afterLoads = await measureLoads(servers);
  for (const server of servers) await server.stop();
  printTable([head, ...starts, ...afterLoads, ...(onlyLoads === undefined ? await measureMemory() : [])]);
}
process.exit(0);
