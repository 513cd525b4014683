/** What a configuration that comes into force means for one server. */

import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import { Configurations } from '../../../../src/ensemble/member/configurations.ts';
import type { Memberships } from '../../../../src/ensemble/replication/election/memberships.ts';
import { formatMembership, parseMembershipText, type Membership } from '../../../../src/ensemble/replication/quorum/membership.ts';

/** @param members such as `1 2 3 4o`, where `o` is an observer; `2'` has moved */
function membership(members: string, version: number): Membership {
  const line = (one: string): string => `server.${one[0]}=h${one[0]}:${one.includes("'") ? 9 : 1}:2:${one.includes('o') ? 'observer' : 'participant'};10`;
  return parseMembershipText([...members.split(' ').map(line), `version=${version.toString(16)}`].join('\n'));
}

const LEADER = 3n;

test.each([
  ['a follower that is removed goes on without a vote', 1n, '1 2 3', '2 3', false],
  ['a follower without a vote gets one', 4n, '1 2 3', '1 2 3 4', false],
  ['a follower that becomes an observer begins anew', 1n, '1 2 3', '1o 2 3', true],
  ['an observer that gets a vote begins anew', 4n, '1 2 3 4o', '1 2 3 4', true],
  ['an observer that is removed begins anew, as a follower without a vote', 4n, '1 2 3 4o', '1 2 3', true],
  ['a follower without a vote that becomes an observer begins anew', 4n, '1 2 3', '1 2 3 4o', true],
  ['whoever follows a leader that is removed begins anew', 1n, '1 2 3', '1 2', true],
  ['whoever follows a leader that moves begins anew', 1n, '1 2 3', "1 2 3'", true],
  ['others that come and go change nothing', 1n, '1 2 3', '1 3 4', false],
])('%s', (_name, sid, before, after, major) => {
  const configurations = new Configurations(membership(before, 1), null, { reconfigEnabled: true, standaloneEnabled: true }, null, () => undefined);
  expect(configurations.activate(membership(after, 2), sid, LEADER, null).major).toBe(major);
});

describe('one that was proposed and cut out of the log again', () => {
  const text = (of: Membership): Uint8Array => encodeUtf8(formatMembership(of));
  const proposed = (changes: Memberships[] = []): Configurations => {
    const configurations = new Configurations(membership('1 2 3', 1), null, { reconfigEnabled: true, standaloneEnabled: true }, null, (now) => void changes.push(now));
    configurations.see(membership('1 3 4', 5));
    return configurations;
  };

  test('is not waited for by elections, and no leader brings it into force', () => {
    const changes: Memberships[] = [];
    const configurations = proposed(changes);
    configurations.relearn(text(membership('1 2 3', 1)));
    expect([configurations.pending, configurations.lastSeen]).toEqual([false, configurations.current]);
    expect(changes.map(({ lastSeen }) => lastSeen.version)).toEqual([5n, 1n]);
    const another = proposed();
    another.relearn(null);
    expect(another.pending).toBe(false);
  });

  test('is the one last seen if the log has it all the same, or an earlier or later one', () => {
    for (const version of [3, 5, 7]) {
      const configurations = proposed();
      configurations.relearn(text(membership('1 3 5', version)));
      expect([configurations.pending, configurations.lastSeen.version]).toEqual([true, BigInt(version)]);
    }
  });

  test('and the next one that the leader proposes is seen', () => {
    const configurations = proposed();
    configurations.relearn(text(membership('1 2 3', 1)));
    configurations.see(membership('1 2', 4));
    expect(configurations.lastSeen.version).toBe(4n);
  });
});
