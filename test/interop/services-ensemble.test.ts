/** The use cases on three real Apache ZooKeeper servers: roles, lag, and a leader that dies. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApacheEnsemble } from '../support/apache.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { text } from '../unit/services/harness.ts';
import { startApp, until, type RealApp } from './services-app.ts';

describeWith(['java', 'zookeeper'], 'services on three Apache servers', () => {
  let apache: ServersHandle;
  let app: RealApp;

  beforeAll(async () => {
    // srvr alone is what servers allow by default.
    apache = await startApacheEnsemble({ servers: 3, config: { '4lw.commands.whitelist': 'srvr' } });
    app = startApp();
  });
  afterAll(async () => {
    await app?.close();
    await apache?.stopAll();
  });

  test('roles, epochs, lag; the leader dies: roles change, the session and its data survive', async () => {
    await app.call('settings.set', { clusterPollMs: 200 });
    const connectionId = await app.open(apache.connectString);
    const at = { connectionId, path: '/survives' };
    await app.call('node.create', { ...at, kind: 'ephemeral', data: text('before'), acl: null, ttlMs: null, parents: false });
    await app.call('watches.add', { ...at, kind: 'persistent' });

    const status = await app.call('cluster.status', { connectionId });
    expect(status.servers.map(({ role }) => role).sort()).toEqual(['follower', 'follower', 'leader']);
    expect(status.servers.map(({ server }) => server).join()).toBe(apache.connectString);
    for (const server of status.servers) {
      expect(server).toMatchObject({ reach: 'up', version: '3.8.0', refused: ['mntr'], failure: null, watchCount: null });
      expect(server.roundTripMs).toBeGreaterThanOrEqual(0);
      expect(server.nodeCount).toBeGreaterThanOrEqual(5);
    }
    const [state] = await app.call('connections.list', {});
    expect(status.servers.filter(({ current }) => current).map(({ server }) => server)).toEqual([state?.server]);
    const leaderRow = status.servers.find(({ role }) => role === 'leader');
    expect(leaderRow?.lag).toBe(0);

    await app.call('cluster.watch', { connectionId, on: true });
    const leader = await apache.leader();
    expect(leaderRow?.server).toBe(leader.connectString);
    await leader.kill();
    const after = await until('a new leader in the panel', () =>
      app.told('cluster.changed').findLast(({ servers }) =>
        servers.some(({ role, server }) => role === 'leader' && server !== leader.connectString)), 40_000);
    expect(after.servers.find(({ server }) => server === leader.connectString)).toMatchObject({
      reach: 'down', role: null, failure: { layer: 'socket' },
    });
    const newEpoch = after.servers.find(({ role }) => role === 'leader')?.epoch ?? 0;
    expect(newEpoch).toBeGreaterThanOrEqual(leaderRow?.epoch ?? 0);

    const now = await until('connected again', async () => {
      const [each] = await app.call('connections.list', {});
      return each?.state === 'connected' && each.server !== leader.connectString ? each : null;
    });
    expect(now.sessionId).toBe(state?.sessionId);
    expect((await app.call('node.read', { ...at, watch: false })).data).toEqual(text('before'));
    expect(await app.call('node.write', { ...at, data: text('after'), version: 0 })).toMatchObject({ kind: 'written' });
    await until('the watch', async () =>
      (await app.call('feed.history', { connectionId, afterSeq: 0 })).find(({ type }) => type === 'NodeDataChanged'));
    expect((await app.call('watches.list', { connectionId }))[0]).toMatchObject({ path: '/survives', ended: null });

    await leader.start();
    await until('three servers up again', () =>
      app.told('cluster.changed').at(-1)?.servers.every(({ reach }) => reach === 'up'), 40_000);
    await app.call('cluster.watch', { connectionId, on: false });
    const atOnce = app.told('cluster.changed');
    expect(new Set(atOnce.map(({ atMs }) => atMs)).size).toBeGreaterThan(3);
    await app.call('connections.close', { connectionId });
  }, 180_000);

  test('without a quorum the rest says so; requests wait, and the session goes on when the quorum is back', async () => {
    const connectionId = await app.open(apache.connectString);
    const leader = await apache.leader();
    const [survivor, ...others] = apache.servers.filter((server) => server !== leader);
    await Promise.all([leader, ...others].map((server) => server.kill()));
    const status = await until('the survivor is silent', async () => {
      const { servers } = await app.call('cluster.status', { connectionId });
      return servers.find(({ server, reach }) => server === survivor?.connectString && reach === 'silent');
    }, 40_000);
    expect(status.failure?.message).toContain('not serving requests: it has no leader');
    await until('connecting', async () => (await app.call('connections.list', {}))[0]?.state === 'connecting');
    const before = (await app.call('connections.list', {}))[0]?.sessionId;
    const waiting = app.call('node.stat', { connectionId, path: '/' });
    await Promise.all([leader, ...others].map((server) => server.start()));
    expect(await waiting).not.toBeNull();
    expect((await app.call('connections.list', {}))[0]?.sessionId).toBe(before);
    await app.call('connections.close', { connectionId });
  }, 180_000);
});
