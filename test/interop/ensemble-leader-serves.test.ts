/** leaderServes=no: a leader that takes no clients, in ensembles of Apache's servers, of ours, and of both. */

import { expect, test } from 'vitest';
import { startMixedEnsemble } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { until } from './ensemble-support.ts';
import { Room } from './server-conversation.ts';

const KINDS: readonly (readonly ('apache' | 'embedded')[])[] = [
  ['apache', 'apache', 'apache'],
  ['embedded', 'embedded', 'embedded'],
  ['apache', 'embedded', 'embedded'],
  ['embedded', 'apache', 'apache'],
];

/** Waits until all but one of the running servers serve. @returns that one */
async function silentLeader(servers: ServersHandle): Promise<ServerHandle> {
  let silent: ServerHandle[] = [];
  await until('all but one serve', async () => {
    const running = servers.servers.filter((server) => server.running);
    const modes = await Promise.all(running.map((server) => server.mode()));
    silent = running.filter((_, i) => modes[i] === undefined);
    return silent.length === 1 && modes.every((mode) => mode === undefined || mode === 'follower');
  });
  return silent[0] as ServerHandle;
}

describeWith(['java', 'zookeeper', 'kazoo'], 'leaderServes=no', () => {
  test.each(KINDS.map((kinds) => [kinds.join(', '), kinds] as const))('%s: the leader turns clients away, and serves as a follower', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds, { config: { leaderServes: 'no' }, waitServing: false });
    const leader = await silentLeader(servers);
    for (const word of ['srvr', 'mntr', 'stat']) {
      expect(await leader.fourLetterWord(word)).toBe('This ZooKeeper instance is not currently serving requests\n');
    }
    expect([await leader.fourLetterWord('ruok'), await leader.fourLetterWord('isro')]).toEqual(['imok', 'null']);
    const room = new Room(leader.host, leader.clientPort);
    await room.join('client');
    await room.join('reader', { readOnly: true });
    expect(room.lines).toEqual(['client', 'reader'].map((name) => `${name}: closed instead of an answer to the connect request`));

    const kazoo = await startKazoo(servers.connectString, { timeoutSeconds: 10 });
    await kazoo.create('/through-a-follower', 'x');
    await leader.kill();
    // Only a new leader takes a write; before, one that looks for it might be taken for it.
    await until('the client writes again', async () => kazoo.create('/after', 'x').then(() => true, (error: unknown) => /NodeExists/.test(String(error))));
    const next = await silentLeader(servers);
    expect(next.id).not.toBe(leader.id);
    await leader.start();
    expect(await leader.mode()).toBe('follower');
    await kazoo.close();
  });
});
