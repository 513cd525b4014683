/**
 * globalOutstandingLimit in an ensemble, beside Apache's: voters have it together, an observer has all of it. What a
 * server takes in while nobody answers is seen in `outstanding_requests`.
 */

import { expect, test } from 'vitest';
import { apacheLauncher } from '../support/apache.ts';
import { embeddedLauncher } from '../support/embedded.ts';
import { connectRaw, jute } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers } from '../support/server-group.ts';
import { letLead, Places, type Role } from './ensemble-places.ts';
import { figure, until } from './ensemble-support.ts';
import { ask } from './server-conversation.ts';

const LIMIT = 60;
const ASKED = 150;
const CREATE = 1;
/** Three voters: the leader and its followers take half each. */
const SHARED = LIMIT / 2;
const ROLES: readonly (readonly [Role, number])[] = [['leader', SHARED], ['first', SHARED], ['observer', LIMIT]];

/** How many requests of one client each server takes in while the others are stopped. */
async function takenIn(kind: 'apache' | 'embedded'): Promise<ReadonlyMap<Role, number>> {
  const launcher = kind === 'apache' ? apacheLauncher : embeddedLauncher;
  const taken = new Map<Role, number>();
  const group = await startServers({
    name: kind, quorum: true,
    // Nobody is to be given up while it is stopped.
    config: { tickTime: '2000', syncLimit: '30', globalOutstandingLimit: String(LIMIT) },
    members: [0, 1, 2, 3].map((at) => ({ kind, launcher, observer: at === 3 })),
  });
  try {
    await letLead(group, 3);
    const places = await Places.of(group);
    for (const [role, limit] of ROLES) {
      const server = places.at(role);
      const raw = await connectRaw(server.host, server.clientPort);
      await raw.connectSession({ timeoutMs: 40_000 });
      await places.settle();
      const others = group.servers.filter(({ id }) => id !== server.id);
      await Promise.all(others.map((other) => other.pause()));
      try {
        for (let at = 0; at < ASKED; at++) raw.sendFrame(Buffer.concat([jute.int(at + 1), jute.int(CREATE), ask.create(`/${role}-${at}`, 'x')]));
        let [before, now] = [-1, 0];
        await until('no more are taken in', async () => {
          [before, now] = [now, await figure(server, 'zk_outstanding_requests')];
          return now === before && now > limit;
        });
        taken.set(role, now);
      } finally {
        for (const other of others) other.resume();
      }
      raw.destroy();
      await places.settle();
    }
    return taken;
  } finally {
    await group.stopAll();
  }
}

describeWith(['java', 'zookeeper'], 'globalOutstandingLimit among members, beside Apache’s', () => {
  test('the leader and its followers take in their share, an observer as much as all of them', async () => {
    const [apache, ours] = [await takenIn('apache'), await takenIn('embedded')];
    for (const [role, limit] of ROLES) {
      expect(ours.get(role), role).toBe(limit + 1);
      // Apache's first stage may have as many that the others have not counted yet.
      expect(apache.get(role), role).toBeGreaterThan(limit);
      expect(apache.get(role), role).toBeLessThanOrEqual(2 * (limit + 1));
    }
  }, 120_000);
});
