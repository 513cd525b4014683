/** What a configuration that comes into force means for one server. */

import { expect, test } from 'vitest';
import { Configurations } from '../../../../src/ensemble/member/configurations.ts';
import { parseMembershipText, type Membership } from '../../../../src/ensemble/replication/quorum/membership.ts';

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
