/** Observers among servers of both kinds: they serve clients, live through a change of the leader, and become voters. */

import { expect, test } from 'vitest';
import { startObservedEnsemble, type ServerHandle } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import { startLoad } from './ensemble-load.ts';
import { expectNoMismatch, until, writeSome } from './ensemble-support.ts';

type Kind = ServerHandle['kind'];

/** Those that vote, then the observer. */
const CASES: readonly (readonly [string, readonly Kind[], Kind])[] = [
  ['ours observes Apache’s', ['apache', 'apache', 'apache'], 'embedded'],
  ['Apache’s observes ours', ['embedded', 'embedded', 'embedded'], 'apache'],
];

describeWith(['java', 'zookeeper', 'kazoo'], 'an observer', () => {
  test.each(CASES)('%s: sessions on it, a lost leader, a restart with little missed and with much', async (_name, voters, kind) => {
    await using servers = await startObservedEnsemble(voters, kind, { config: { maxSessionTimeout: '40000' } });
    const observer = servers.servers.at(-1) as ServerHandle;
    expect(await observer.mode()).toBe('observer');
    await using load = await startLoad(observer.connectString, 3);
    await load.goesOn();

    await using elsewhere = await startKazoo((await servers.leader()).connectString);
    await elsewhere.create('/watched', '1');
    await using here = await startKazoo(observer.connectString, { timeoutSeconds: 20 });
    await here.run("zk.sync('/watched')");
    await here.watch('/watched', 'data');
    await elsewhere.set('/watched', '2');
    await until('the observer tells of it', () => here.events.some(({ type, path }) => type === 'CHANGED' && path === '/watched'));
    await here.create('/mine', '', { ephemeral: true });

    const leader = await servers.leader();
    await leader.kill();
    expect((await servers.leader()).id).not.toBe(leader.id);
    await load.goesOn();
    expect((await here.get('/mine')).stat.ephemeralOwner).toBe(String(here.sessionId));
    await leader.start();

    await observer.restart();
    await load.goesOn();
    await observer.kill();
    await writeSome(await servers.leader(), '/missed', 1_500);
    await observer.start();
    expect(await observer.mode()).toBe('observer');
    await load.goesOn();
    await until('the session is back', async () => (await here.exists('/mine').catch(() => null)) !== null);
    expect((await here.get('/mine')).stat.ephemeralOwner).toBe(String(here.sessionId));
    await expectNoMismatch(servers);
    expect((await load.finish(servers)).lost).toBe(0);
  });
});
