/** The membership that a reconfig request asks for. */

import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../../src/ensemble/config/config-error.ts';
import { formatMembership, parseMembershipText } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { nextMembership } from '../../../../src/ensemble/replication/quorum/reconfigure.ts';

/** The lines of what comes of servers when one joins. */
function joined(before: readonly string[], joiningServers: string): string[] {
  const next = nextMembership(parseMembershipText(before.join('\n')), { joiningServers, leavingServers: null, newMembers: null }, 7n, { standaloneEnabled: true });
  return formatMembership(next).split('\n');
}

describe('a server that joins', () => {
  test('may have the client port of the others, each on all addresses of its own machine', () => {
    expect(joined(['server.1=a:2888:3888;2181', 'server.2=b:2888:3888;2181'], 'server.3=c:2888:3888;2181')).toContain('server.3=c:2888:3888:participant;0.0.0.0:2181');
  });

  test.each(['0.0.0.0', '127.0.0.1', '127.1.2.3', 'localhost', '[::]', '[::1]', '[0:0:0:0:0:0:0:0]', '[0:0:0:0:0:0:0:1]'])('may listen where another does when the address is its machine’s own: %s', (host) => {
    expect(joined([`server.1=a:1:2;${host}:10`, 'server.2=b:1:2;11'], `server.3=c:1:2;${host}:10`)).toHaveLength(4);
  });

  test.each(['a:1:3;12', 'c:4:2;b:5', 'c:4:5;a:2', 'a:2:3;12'])('may not have an address of another: %s', (spec) => {
    expect(() => joined(['server.1=a:1:2;10', 'server.2=b:4:5;b:5'], `server.3=${spec}`)).toThrow(ConfigError);
  });

  test('may keep its own', () => {
    expect(joined(['server.1=a:1:2;a:10', 'server.2=b:1:2;b:10'], 'server.2=b:1:2;b:11')).toContain('server.2=b:1:2:participant;b:11');
  });
});
