/** What the app shows and does when the ensemble has lost its quorum, and its last server is read-only. */

import { expect, test } from 'vitest';
import { apacheLauncher } from '../support/apache.ts';
import { embeddedLauncher } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers } from '../support/server-group.ts';
import { text } from '../unit/services/harness.ts';
import { startApp, until } from './services-app.ts';

const READ_ONLY = ['-Dreadonlymode.enabled=true'];
const KINDS = {
  // Apache's server gives no read-only session without local ones.
  apache: { kind: 'apache', launcher: apacheLauncher, jvm: READ_ONLY, config: { localSessionsEnabled: 'true', localSessionsUpgradingEnabled: 'true' } },
  ours: { kind: 'embedded', launcher: embeddedLauncher, jvm: READ_ONLY },
} as const;

describeWith(['java', 'zookeeper'], 'the app on what is left of an ensemble', () => {
  test.each(['apache', 'ours'] as const)('%s: it says so, reads, and refuses to write, until there is a quorum again', async (kind) => {
    await using servers = await startServers({ name: kind, quorum: true, members: [KINDS[kind], KINDS[kind], KINDS[kind]] });
    await using app = startApp();
    await app.call('settings.set', { clusterPollMs: 200 });
    const stateOf = async (id: string) => (await app.call('connections.list', {})).find((each) => each.connectionId === id);
    const before = await app.open(servers.connectString, { canBeReadOnly: true });
    const kept = { path: '/kept', acl: null, ttlMs: null, parents: false } as const;
    await app.call('node.create', { connectionId: before, ...kept, kind: 'persistent', data: text('x') });
    // With an ephemeral the session is the ensemble's, and no server's own.
    await app.call('node.create', { connectionId: before, ...kept, path: '/mine', kind: 'ephemeral', data: null });
    // Whoever is left must have it: a follower may be a moment behind.
    await until('all have it', async () => {
      const { servers: rows } = await app.call('cluster.status', { connectionId: before });
      return new Set(rows.map(({ zxid }) => zxid)).size === 1 && rows[0]?.zxid != null;
    });
    const sessionId = (await stateOf(before))?.sessionId;
    const left = servers.server(2);
    await Promise.all([1, 3].map((id) => servers.server(id).kill()));

    const connectionId = await app.open(servers.connectString, { canBeReadOnly: true });
    const at = { connectionId, path: '/kept' };
    expect(await stateOf(connectionId)).toMatchObject({ state: 'connectedReadOnly', server: left.connectString });
    // No read-only server takes up a session of the ensemble: it waits for the quorum, and keeps what it has.
    expect(await stateOf(before)).toMatchObject({ state: 'connecting', sessionId });
    expect((await app.call('node.read', { ...at, watch: false })).data).toEqual(text('x'));
    expect(await app.fail('node.write', { ...at, data: text('y'), version: 0 })).toMatchObject({ layer: 'session', code: 'NotReadOnly', hint: 'hint.noQuorum' });
    const { servers: rows } = await app.call('cluster.status', { connectionId });
    expect(rows.map(({ server, reach, role }) => [server, reach, role])).toEqual([
      [servers.server(1).connectString, 'down', null], [left.connectString, 'up', 'read-only'], [servers.server(3).connectString, 'down', null],
    ]);
    expect(rows.find(({ current }) => current)?.server).toBe(left.connectString);

    await Promise.all([1, 3].map((id) => servers.server(id).start()));
    await until('both connected', async () => (await app.call('connections.list', {})).every(({ state }) => state === 'connected'), 40_000);
    expect((await stateOf(before))?.sessionId).toBe(sessionId);
    expect(await app.call('node.write', { ...at, data: text('y'), version: 0 })).toMatchObject({ kind: 'written' });
    await until('no server is read-only', async () => (await app.call('cluster.status', { connectionId })).servers.every(({ role }) => role === 'leader' || role === 'follower'));
    await app.call('connections.close', { connectionId });
  }, 120_000);
});
