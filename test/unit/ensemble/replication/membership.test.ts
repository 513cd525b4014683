/** Memberships: read, printed as Apache prints them, and which sets of servers decide. */

import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../../src/ensemble/config/config-error.ts';
import {
  formatMembership, parseMembership, parseMembershipText, sameMembership, withVersion,
} from '../../../../src/ensemble/replication/quorum/membership.ts';
import { hierarchical, majority } from '../../../../src/ensemble/replication/quorum/quorum-verifier.ts';
import { formatServerSpec, parseServerSpec } from '../../../../src/ensemble/replication/quorum/server-spec.ts';
import { VoteTracker } from '../../../../src/ensemble/replication/quorum/vote-tracker.ts';
import { seededRandom, below } from '../../../../src/base/random.ts';

const three = ['server.1=a:1:2:participant;0.0.0.0:10', 'server.2=b:1:2:participant', 'server.3=c:1:2:observer', 'version=1f'].join('\n');
const set = (...sids: number[]): Set<bigint> => new Set(sids.map(BigInt));

describe('a server line', () => {
  test.each([
    ['h:1:2', 'h:1:2:participant'],
    ['h:1:2:observer', 'h:1:2:observer'],
    ['h:1:2: Participant ', 'h:1:2:participant'],
    ['h:1:2;2181', 'h:1:2:participant;0.0.0.0:2181'],
    ['h:1:2:participant;c:2181', 'h:1:2:participant;c:2181'],
    ['[fe80::1]:1:2;[::]:2181', '[fe80::1]:1:2:participant;[::]:2181'],
    ['h:1:2;', 'h:1:2:participant'],
  ])('%s is printed %s', (text, printed) => {
    expect(formatServerSpec(parseServerSpec(1n, text))).toBe(printed);
    expect(formatServerSpec(parseServerSpec(1n, printed))).toBe(printed);
  });

  test('with several addresses needs multiAddress, and prints them by host', () => {
    expect(formatServerSpec(parseServerSpec(1n, 'z:1:2|a:3:4', { multiAddress: true }))).toBe('a:3:4|z:1:2:participant');
    expect(() => parseServerSpec(1n, 'z:1:2|a:3:4')).toThrow(ConfigError);
    expect(() => parseServerSpec(1n, 'z:1:2:observer|a:3:4:participant', { multiAddress: true })).toThrow('different roles');
  });

  test.each(['h', 'h:1', 'h:1:2:chief', 'h:1:1', 'h:x:2', 'h:1:70000', 'h:1:2:participant:9', 'h:1:2;a:b:c', 'h:1:2;1;2', '[::1:1:2', '', 'h:1:2;x'])(
    '%j is refused',
    (text) => expect(() => parseServerSpec(7n, text)).toThrow(/^server\.7=/),
  );
});

describe('a membership', () => {
  test('is printed as it was read', () => {
    const membership = parseMembershipText(three);
    expect(formatMembership(membership)).toBe(three);
    expect(membership.version).toBe(0x1fn);
    expect([...membership.verifier.voters]).toEqual([1n, 2n]);
  });

  test('lists large ids in the order of a Java HashMap', () => {
    const text = [100, 5, 17, 1].map((sid) => `server.${sid}=h${sid}:1:2`).join('\n');
    const order = [...parseMembershipText(text).members.keys()];
    // 100 falls into bin 4 of 16, 17 and 1 into bin 1.
    expect(order.slice(2)).toEqual([100n, 5n]);
    expect(new Set(order.slice(0, 2))).toEqual(new Set([1n, 17n]));
  });

  test('with groups and weights is printed with all of them', () => {
    const text = ['server.1=a:1:2', 'server.2=b:1:2', 'server.3=c:1:2', 'group.1=1:2', 'group.2=3', 'weight.1=5'].join('\n');
    expect(formatMembership(parseMembershipText(text))).toBe([
      'server.1=a:1:2:participant', 'server.2=b:1:2:participant', 'server.3=c:1:2:participant',
      'group.1=1:2', 'group.2=3', 'weight.1=5', 'weight.2=1', 'weight.3=1', 'version=0',
    ].join('\n'));
  });

  test('takes only its own keys out of a zoo.cfg, but a text must hold nothing else', () => {
    const entries = new Map([['dataDir', '/x'], ['server.1', 'a:1:2'], ['server.2', 'b:1:2']]);
    expect(parseMembership(entries).members.size).toBe(2);
    expect(() => parseMembershipText('server.1=a:1:2\ndataDir=/x')).toThrow('dataDir');
  });

  test.each([
    ['server.x=a:1:2', 'no whole number'],
    ['server.1=a:1:2\nversion=zz', 'hexadecimal'],
    ['server.1=a:1:2:observer', 'nobody to observe'],
    ['server.1=a:1:2\nserver.2=b:1:2:observer', 'standaloneEnabled'],
    ['server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1', 'in no group'],
    ['server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2\ngroup.2=2', 'several groups'],
    ['server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2:9', 'no weight'],
  ])('%j is refused: %s', (text, why) => {
    expect(() => parseMembershipText(text)).toThrow(why);
  });

  test('is the same as another of its version, or of its members', () => {
    const membership = parseMembershipText(three);
    expect(sameMembership(membership, withVersion(membership, 5n))).toBe(true);
    expect(sameMembership(membership, parseMembershipText(three.replace('1f', '20').replace('b:1:2', 'd:1:2')))).toBe(false);
    expect(sameMembership(membership, parseMembershipText(three.replace('b:1:2', 'd:1:2')))).toBe(true);
  });
});

describe('a quorum', () => {
  test('is more than half of the voters; others do not count', () => {
    const verifier = majority(set(1, 2, 3, 4));
    expect(verifier.hasQuorum(set(1, 2))).toBe(false);
    expect(verifier.hasQuorum(set(1, 2, 9, 10))).toBe(false);
    expect(verifier.hasQuorum(set(1, 2, 3))).toBe(true);
    expect(majority(set(1)).hasQuorum(set(1))).toBe(true);
    expect(majority(set(1)).hasQuorum(set())).toBe(false);
  });

  test('of groups: the majority of groups, the majority of weights in each', () => {
    const groups = new Map([[1n, [1n, 2n, 3n]], [2n, [4n, 5n, 6n]], [3n, [7n, 8n, 9n]]]);
    const weights = new Map(Array.from({ length: 9 }, (_, i) => [BigInt(i + 1), 1n]));
    const verifier = hierarchical(set(1, 2, 3, 4, 5, 6, 7, 8, 9), { groups, weights });
    expect(verifier.hasQuorum(set(1, 2, 4, 5))).toBe(true);
    expect(verifier.hasQuorum(set(1, 2, 3, 4, 7))).toBe(false);
    expect(verifier.weightOf(1n)).toBe(1n);
    expect(verifier.weightOf(99n)).toBe(0n);
  });

  test('of groups: one without weight does not count', () => {
    const groups = new Map([[1n, [1n]], [2n, [2n]]]);
    const verifier = hierarchical(set(1, 2), { groups, weights: new Map([[1n, 3n], [2n, 0n]]) });
    expect(verifier.hasQuorum(set(1))).toBe(true);
    expect(verifier.hasQuorum(set(2))).toBe(false);
  });

  test('any two quorums have a server in common, whatever groups and weights', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const sids = Array.from({ length: 3 + below(random, 5) }, (_, i) => BigInt(i + 1));
      const groups = new Map<bigint, bigint[]>([[1n, []], [2n, []], [3n, []]]);
      for (const sid of sids) groups.get(BigInt(1 + below(random, 3)))?.push(sid);
      const weights = new Map(sids.map((sid) => [sid, BigInt(below(random, 4))]));
      const verifier = hierarchical(new Set(sids), { groups, weights });
      for (let bits = 0; bits < 1 << sids.length; bits++) {
        const part = new Set(sids.filter((_, i) => (bits >> i) & 1));
        const rest = new Set(sids.filter((sid) => !part.has(sid)));
        expect(verifier.hasQuorum(part) && verifier.hasQuorum(rest), `seed ${seed}`).toBe(false);
      }
    }
  });

  test('of a reconfiguration needs both', () => {
    const tracker = new VoteTracker([majority(set(1, 2, 3)), majority(set(3, 4, 5))]);
    expect(tracker.add(9n)).toBe(false);
    for (const sid of [1n, 2n]) expect(tracker.add(sid)).toBe(true);
    expect(tracker.hasAllQuorums()).toBe(false);
    tracker.add(4n);
    tracker.add(5n);
    expect(tracker.hasAllQuorums()).toBe(true);
  });
});
