import { describe, expect, test } from 'vitest';
import { readMemberSettings } from '../../../../src/ensemble/config/member-settings.ts';

const read = (keys: Readonly<Record<string, string>>): ReturnType<typeof readMemberSettings> => readMemberSettings(new Map(Object.entries(keys)));

describe('settings of members', () => {
  test('have Apache’s defaults', () => {
    expect(read({})).toEqual({
      readOnlyMode: false, leaderServes: true, checksAclsEarly: false, observerMasterPort: null, leaderRetryMs: 100, observerDelayMs: 200, observerConnectDelayMs: 0,
      election: { connectTimeoutMs: 5000, greetingTimeoutMs: null, bindAttempts: 3, minIntervalMs: 200, maxIntervalMs: 60_000, epochWaitMs: null },
      sync: { commitLogCount: 500, snapshotSizeFactor: null, forceSnapshot: false, snapsMax: 10, diffsMax: 100 },
    });
  });

  test('read what is set', () => {
    expect(read({
      'readonlymode.enabled': 'TRUE', 'zookeeper.leaderServes': 'no', 'zookeeper.quorumCnxnTimeoutMs': '700',
      'zookeeper.leader.maxTimeToWaitForEpoch': '0', 'zookeeper.commitLogCount': '900', 'zookeeper.snapshotSizeFactor': '-1',
    })).toMatchObject({
      readOnlyMode: true, leaderServes: false, election: { greetingTimeoutMs: 700, epochWaitMs: 0 }, sync: { commitLogCount: 900, snapshotSizeFactor: -1 },
    });
  });

  test('are kept in the bounds that Apache’s servers keep', () => {
    expect(read({ 'zookeeper.commitLogCount': '7', 'zookeeper.snapshotSizeFactor': '1.5' }).sync).toMatchObject({ commitLogCount: 500, snapshotSizeFactor: null });
  });
});
