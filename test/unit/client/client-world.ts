/** A client in a world that the test holds: fake sockets, a clock that waits, chance from a seed. */

import { seededRandom } from '../../../src/base/random.ts';
import type { ClientOptions, StateChange, ZooKeeper } from '../../../src/client/api.ts';
import { connectZooKeeper } from '../../../src/client/client.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FakeNet, type FakeLink } from './fake-net.ts';

export interface World {
  readonly clock: FakeClock;
  readonly net: FakeNet;
  readonly zk: ZooKeeper;
  readonly changes: StateChange[];
  /** What the client's logger was told. */
  readonly logs: string[];
  /** Takes the newest attempt through the handshake. */
  accept(response?: Parameters<FakeLink['welcome']>[0]): Promise<FakeLink>;
}

export function openWorld(options: Partial<ClientOptions> = {}): World {
  const clock = new FakeClock();
  const net = new FakeNet();
  const logs: string[] = [];
  const zk = connectZooKeeper({
    connectString: 'a:1,b:2',
    keepServerOrder: true,
    sessionTimeoutMs: 9_000,
    clock,
    transport: net,
    random: seededRandom(1),
    logger: { log: (level, message) => logs.push(`${level} ${message}`) },
    ...options,
  });
  const changes: StateChange[] = [];
  zk.stateChanges.on((change) => changes.push(change));
  return {
    clock,
    net,
    zk,
    changes,
    logs,
    async accept(response = {}) {
      const link = net.last;
      link.open();
      link.welcome(response);
      await settle();
      return link;
    },
  };
}
