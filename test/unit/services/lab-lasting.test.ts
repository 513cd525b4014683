/** What becomes of local servers when the app ends, and whose servers they are: on fakes of every process. */

import { describe, expect, test } from 'vitest';
import type { ApacheFound, Lab } from '../../../src/contract/lab.ts';
import { labOptions } from '../../support/lab-options.ts';
import { settle } from './fake-clock.ts';
import { createHarness, type FakeLocalServer, type Harness } from './harness.ts';

const plain = labOptions();
const three = labOptions({ servers: 3 });
const running = (h: Harness): FakeLocalServer[] => [...h.localServers.running.values()];
const roles = (lab: Lab | undefined): (string | null)[] => (lab?.servers ?? []).map(({ role }) => role);
const only = async (h: Harness): Promise<Lab | undefined> => (await h.call('lab.list', {}))[0];

describe('the end of the app', () => {
  test('ends what does not stay; the next app finds what does, with its roles, and has it in its hands', async () => {
    const h = createHarness();
    const stays = await h.call('lab.create', labOptions({ name: 'stays', servers: 3, stays: true }));
    await h.call('lab.create', labOptions({ name: 'ends' }));
    await h.services.close();
    expect(running(h)).toHaveLength(3);
    const later = createHarness({ stores: h.stores, localServers: h.localServers });
    expect((await later.call('lab.list', {})).map(({ name, state }) => [name, state])).toEqual([['stays', 'running'], ['ends', 'stopped']]);
    await later.clock.advance(500);
    expect(roles(await only(later))).toEqual(['follower', 'follower', 'leader']);
    // Nobody asks for it: it is not started, and opening its connection starts nothing.
    await later.call('connections.open', { profileId: stays.profileId });
    expect(running(later)).toHaveLength(3);
    running(later)[0]?.exit({ code: null, signal: null, logTail: 'the last words' });
    expect((await only(later))?.servers[0]).toMatchObject({ state: 'failed', failure: { message: expect.stringMatching(/how is not known[^]*the last words/) } });
    await later.call('lab.remove', { labId: stays.labId, typedName: 'stays' });
    expect(running(later)).toHaveLength(0);
  });

  test('the choice counts at once for what runs, and for what is started later', async () => {
    const h = createHarness();
    const { labId, stays } = await h.call('lab.create', three);
    expect([stays, running(h).map((server) => server.stays)]).toEqual([false, [false, false, false]]);
    await h.call('lab.killServer', { labId, serverId: 1 });
    expect(await h.call('lab.setStays', { labId, stays: true })).toMatchObject({ stays: true });
    expect(h.told('lab.changed').at(-1)?.stays).toBe(true);
    await h.call('lab.startServer', { labId, serverId: 1 });
    expect(running(h).map((server) => server.stays)).toEqual([true, true, true]);
    await h.call('lab.setStays', { labId, stays: false });
    await h.services.close();
    expect(running(h)).toHaveLength(0);
  });

  test('a start under way that stays is let go of, and leaves what it started', async () => {
    const h = createHarness({ autoConnect: false });
    const starting = h.dispatcher.call('s', 'lab.create', labOptions({ servers: 3, stays: true }));
    while (h.clients.length === 0) await settle();
    await h.services.close();
    expect((await starting).ok).toBe(false);
    expect(running(h)).toHaveLength(3);
    expect(h.clock.timers).toBe(0);
  });
});

describe('the engine', () => {
  const found: ApacheFound = { java: { file: '/bin/java', version: '17' }, zookeeper: { folder: '/zk', version: '3.9.2' }, javaLooked: [], zookeeperLooked: [] };

  test('Apache’s is started where it was found; nothing is made where it was not', async () => {
    const h = createHarness();
    const failure = await h.fail('lab.create', labOptions({ engine: 'apache', zookeeper: '/nowhere' }));
    expect(failure).toMatchObject({ code: 'NoZooKeeper', hint: null, message: 'Apache ZooKeeper was not found: ZOOKEEPER_HOME is not set' });
    expect([await h.call('lab.list', {}), h.localServers.dirs.size]).toEqual([[], 0]);
    h.localServers.apache = found;
    expect(await h.call('lab.create', labOptions({ engine: 'apache', zookeeper: '/zk' }))).toMatchObject({ engine: 'apache', zookeeper: '/zk', state: 'running' });
    expect(running(h)[0]?.engine).toBe('apache');
  });

  test('is switched while nothing runs, and kept', async () => {
    const h = createHarness();
    h.localServers.apache = found;
    const { labId } = await h.call('lab.create', plain);
    const toApache = { labId, engine: 'apache', zookeeper: null } as const;
    expect(await h.fail('lab.setEngine', toApache)).toMatchObject({ code: 'LabRuns' });
    await h.call('lab.stop', { labId });
    expect(await h.call('lab.setEngine', toApache)).toMatchObject({ engine: 'apache', state: 'stopped' });
    const later = createHarness({ stores: h.stores });
    expect(await only(later)).toMatchObject({ engine: 'apache', stays: false });
    await h.call('lab.start', { labId });
    expect(running(h)[0]?.engine).toBe('apache');
  });
});
