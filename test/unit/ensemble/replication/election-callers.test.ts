/** Who connects to the election port and does not say who it is. */

import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { ElectionConnections, STRANGERS_MAX, type ConnectionsEffects } from '../../../../src/ensemble/replication/election/connections.ts';
import { encodeGreeting } from '../../../../src/wire/quorum/election-greeting.ts';

const GREETING_MS = 1_000;
const AT = [{ host: 'h', port: 1 }];

function connections(): ElectionConnections {
  return new ElectionConnections({
    sid: 2n, ownAddresses: AT, multiAddress: false, logger: silentLogger, connectTimeoutMs: 1, greetingTimeoutMs: GREETING_MS,
    addressesOf: (sid) => (sid <= 3n ? AT : []),
  });
}

const closed = ({ network }: ConnectionsEffects): number[] => network.flatMap((effect) => (effect.kind === 'close' ? [effect.link] : []));

test('is sent away in time, and however many there are, a member is heard', () => {
  const machine = connections();
  const gone: number[] = [];
  for (let link = 1; link <= 2 * STRANGERS_MAX; link++) gone.push(...closed(machine.step({ kind: 'accepted', link }, 0)));
  expect(gone).toEqual(Array.from({ length: STRANGERS_MAX }, (_, i) => i + 1));
  const member = 1_000;
  machine.step({ kind: 'accepted', link: member }, 1);
  machine.step({ kind: 'data', link: member, bytes: encodeGreeting({ version: 1, sid: 3n, addresses: AT }) }, 2);
  expect(machine.connectedTo(3n)).toBe(true);
  expect(closed(machine.tick(GREETING_MS)).length).toBe(STRANGERS_MAX - 1);
  expect(machine.deadlineMs).toBe(null);
});
