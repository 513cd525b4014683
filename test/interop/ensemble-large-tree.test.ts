/**
 * A tree that is too large to be put in line at one moment of it: it is sent while it changes, over a connection so slow
 * that it takes longer than initLimit. The learner has the same in the end, and no digest is taken for wrong meanwhile.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { embeddedLauncher } from '../support/embedded.ts';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers } from '../support/server-group.ts';
import { expectEqualTrees } from './ensemble-support.ts';

const NODES = 110;
const NODE_BYTES = 1_000_000;
/** What the leader puts in line at once. */
const AT_ONCE_BYTES = 64 * 1024 * 1024;
/** A piece at a time, and a pause after it. */
const SLOW = { bytes: 64 * 1024, pauseMs: 3 };

describeWith(['kazoo'], 'a tree of more than 64 MB', () => {
  test('is sent while it changes', async () => {
    const proxies: { readonly to: number; readonly proxy: FaultProxy }[] = [];
    const between = async (_from: number, to: number, port: number): Promise<number> => {
      const proxy = await startFaultProxy({ port });
      proxies.push({ to, proxy });
      return proxy.port;
    };
    const member = { kind: 'embedded', launcher: embeddedLauncher } as const;
    // Together less than the tree takes.
    const config = { tickTime: '100', initLimit: '20', syncLimit: '20', maxSessionTimeout: '60000' };
    await using servers = await startServers({ name: 'three of ours', members: [member, member, member], quorum: true, config, between });
    const [victim] = await servers.followers();
    const leader = await servers.leader();
    if (victim === undefined) throw new Error('nobody follows');
    await victim.kill();
    const kazoo = await startKazoo(leader.connectString, { timeoutSeconds: 60 });
    await kazoo.run(`
zk.ensure_path('/large')
for i in range(args['nodes']):
    zk.create('/large/n%03d' % i, bytes([i % 256]) * args['bytes'])
    zk.create('/large/n%03d/child' % i, b'')`, { nodes: NODES, bytes: NODE_BYTES });
    rmSync(join(victim.dataDir, 'version-2'), { recursive: true });
    for (const { to, proxy } of proxies) if (to === leader.id) proxy.setChunking(SLOW);
    await victim.start({ waitServing: false });
    await kazoo.run(`
import threading, time
state = {'stop': False, 'count': 0}
def change():
    while not state['stop']:
        i = (state['count'] * 37) % args['nodes']
        zk.set('/large/n%03d/child' % i, b'%d' % state['count'])
        if state['count'] % 3 == 0: zk.create('/large/n%03d/more' % i, b'')
        if state['count'] % 3 == 1: zk.delete('/large/n%03d/more' % ((i - 37) % args['nodes']))
        state['count'] += 1
thread = threading.Thread(target=change)
thread.start()`, { nodes: NODES });
    await victim.waitServing();
    const changes = await kazoo.run(`
state['stop'] = True
thread.join()
result = state['count']`);
    for (const { proxy } of proxies) proxy.setChunking(undefined);
    expect(changes).toBeGreaterThan(50);
    expect(Math.max(...proxies.map(({ proxy }) => proxy.counters().bytesToClient))).toBeGreaterThan(AT_ONCE_BYTES * 1.3);
    await expectEqualTrees(servers);
    await kazoo.close();
    await Promise.all(proxies.map(({ proxy }) => proxy.close()));
  });
});
