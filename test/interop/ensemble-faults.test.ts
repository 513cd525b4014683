/**
 * Real processes, sockets and disks under clients that fight over the same nodes, while leaders are killed, servers
 * are paused past syncLimit, and members are cut off from each other. What the clients were answered must be the
 * history of a single copy. ZOOSCOPE_KILLS=100 makes it long; ZOOSCOPE_SEED makes other choices.
 */

import { test } from 'vitest';
import { below, seededRandom } from '../../src/base/random.ts';
import { embeddedLauncher, type ServerHandle } from '../support/embedded.ts';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers, type ServersHandle } from '../support/server-group.ts';
import { readyClient } from './client-support.ts';
import { figure, until } from './ensemble-support.ts';
import { allInStep, anotherLeads, FAULT_CONFIG, rounds, SEED, startLoad } from './ensemble-faults-support.ts';

const LONG_MS = 60_000;
const ROUND_MS = 60_000;

function start(between?: (from: number, to: number, port: number) => Promise<number>): Promise<ServersHandle> {
  const member = { kind: 'embedded', launcher: embeddedLauncher } as const;
  return startServers({ name: 'three of ours', members: [member, member, member], quorum: true, config: FAULT_CONFIG, ...(between === undefined ? {} : { between }) });
}

const tell = (what: string, judged: string): void => void process.stderr.write(`${what}: ${judged}\n`);

/** What stands between the members: one proxy for each way to each port. */
class Cables {
  readonly #proxies: { readonly from: number; readonly to: number; readonly proxy: FaultProxy }[] = [];

  readonly lay = async (from: number, to: number, port: number): Promise<number> => {
    const proxy = await startFaultProxy({ port });
    this.#proxies.push({ from, to, proxy });
    return proxy.port;
  };

  /** Nothing gets through from or to a member; what is there stays open and silent. */
  async isolate(id: number): Promise<void> {
    for (const { from, to, proxy } of this.#proxies) {
      if (from !== id && to !== id) continue;
      proxy.blackhole();
      await proxy.halfOpen();
    }
  }

  /** What a member says is not heard, or what others say to it; nobody connects anew. */
  async silence(id: number, what: 'its words' | 'words to it'): Promise<void> {
    for (const { from, to, proxy } of this.#proxies) {
      if (from !== id && to !== id) continue;
      proxy.blackhole((from === id) === (what === 'its words') ? 'toServer' : 'toClient');
      await proxy.halfOpen();
    }
  }

  async heal(): Promise<void> {
    await Promise.all(this.#proxies.map(({ proxy }) => proxy.heal()));
  }

  /** All connections end, and new ones may be made. */
  cut(id: number): void {
    for (const { from, to, proxy } of this.#proxies) if (from === id || to === id) proxy.cut();
  }

  async close(): Promise<void> {
    await Promise.all(this.#proxies.map(({ proxy }) => proxy.close()));
  }
}

describeWith(['kazoo'], 'three servers under clients that fight over the same nodes', () => {
  const kills = rounds(4);
  test(`the leader is killed ${kills} times, and now and then again before it serves`, async () => {
    await using servers = await start();
    const load = await startLoad(servers);
    const random = seededRandom(SEED);
    for (let round = 0; round < kills; round++) {
      const leader = await servers.leader(LONG_MS);
      await load.goesOn();
      await leader.kill();
      if (below(random, 2) === 0) await load.goesOn();
      await leader.start({ waitServing: false });
      if (below(random, 3) === 0) {
        await leader.kill();
        await leader.start({ waitServing: false });
      }
      await allInStep(servers);
    }
    await load.goesOn();
    tell(`${kills} leaders killed`, await load.judge());
  }, LONG_MS + kills * ROUND_MS);

  const pauses = rounds(3);
  test(`servers are paused past syncLimit and go on, ${pauses} times`, async () => {
    await using servers = await start();
    const load = await startLoad(servers);
    for (let round = 0; round < pauses; round++) {
      await load.goesOn();
      const leader = await servers.leader(LONG_MS);
      const [follower] = await servers.followers() as [ServerHandle];
      const which = (['the leader', 'a follower', 'both'] as const)[(round + SEED - 1) % 3];
      const paused = which === 'the leader' ? [leader] : which === 'a follower' ? [follower] : [follower, leader];
      // Asked while the server is silent, and answered, if at all, when it goes on.
      const patient = await Promise.all(paused.flatMap(({ connectString }) => [0, 1, 2].map(() => readyClient(connectString, { sessionTimeoutMs: LONG_MS }))));
      await Promise.all(paused.map((server) => server.pause()));
      if (which === 'the leader') await anotherLeads(servers, paused);
      else if (which === 'a follower') await until('the leader has noticed', async () => (await figure(leader, 'zk_synced_followers')) === 1);
      else await until('the third one has noticed', async () => (await Promise.all(servers.servers.filter((one) => !paused.includes(one)).map((one) => one.mode()))).every((mode) => mode === undefined), LONG_MS);
      if (which !== 'both') await load.goesOn();
      load.ask(patient);
      await until('they have asked', () => patient.every((zk) => zk.load.queued === 0));
      for (const server of paused) server.resume();
      await allInStep(servers);
    }
    await load.goesOn();
    tell(`${pauses} pauses`, await load.judge());
  }, LONG_MS + pauses * ROUND_MS);

  const cuts = rounds(5);
  test(`a member is cut off from the others and found again, ${cuts} times`, async () => {
    const cables = new Cables();
    await using servers = await start(cables.lay);
    const load = await startLoad(servers);
    for (let round = 0; round < cuts; round++) {
      await load.goesOn();
      const leader = await servers.leader(LONG_MS);
      const [follower] = await servers.followers() as [ServerHandle];
      switch ((round + SEED - 1) % 5) {
        case 0:
          await cables.isolate(leader.id);
          await anotherLeads(servers, [leader]);
          break;
        case 1:
          await cables.silence(leader.id, 'its words');
          await anotherLeads(servers, [leader]);
          break;
        case 2:
          await cables.silence(leader.id, 'words to it');
          await anotherLeads(servers, [leader]);
          break;
        case 3:
          await cables.isolate(follower.id);
          await until('the leader has noticed', async () => (await figure(leader, 'zk_synced_followers')) === 1);
          break;
        default:
          cables.cut(leader.id);
      }
      await load.goesOn();
      await cables.heal();
      await allInStep(servers);
    }
    await load.goesOn();
    tell(`${cuts} cuts`, await load.judge());
    await cables.close();
  }, LONG_MS + cuts * ROUND_MS);
});

