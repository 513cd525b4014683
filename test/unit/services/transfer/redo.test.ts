/** What a second look at a node says, when a reply was lost and others write, too. */

import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import { OPEN_ACL, type Acl } from '../../../../src/model/acl.ts';
import type { NodeRecord } from '../../../../src/services/transfer/record.ts';
import { lookAgain } from '../../../../src/services/transfer/write/redo.ts';
import type { Act } from '../../../../src/services/transfer/write/step.ts';

const READ: readonly Acl[] = [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }];
function node(data: string, version: number, aversion: number, acl: readonly Acl[] = OPEN_ACL, czxid = 5n): NodeRecord {
  const stat = {
    czxid, mzxid: 9n, pzxid: 9n, ctime: 0n, mtime: 0n, version, cversion: 0, aversion, ephemeralOwner: 0n, dataLength: data.length, numChildren: 0,
  };
  return { path: 'a', kind: 'persistent', ttlMs: null, data: encodeUtf8(data), acl, aclMasked: false, stat, changed: false };
}
const note = { action: 'change', differences: ['data'], reason: null, message: null, kind: 'persistent', dataLength: 0, exists: true } as const;
const setData: Act = { kind: 'change', data: { value: encodeUtf8('ours'), version: 3 }, acl: null };
const both: Act = { ...setData, acl: { value: READ, aversion: 1 } };

/** Whether the difference is taken for the job's own; null: it is done, or not asked. */
function takenForOurs(act: Act, lost: boolean, now: NodeRecord): boolean | null {
  let taken: boolean | null = null;
  lookAgain({ act, note, former: node('old', 3, 1), decideAnew: (_now, ours) => ((taken = ours), { decision: null, act: null }) }, lost, now);
  return taken;
}

describe('after a lost reply', () => {
  test.each([
    ['the write came through', setData, node('ours', 4, 1), null],
    ['it did not', setData, node('old', 3, 1), true],
    ['somebody else wrote instead', setData, node('theirs', 4, 1), false],
    ['somebody else set the ACL', setData, node('old', 3, 2, READ), false],
    ['data came through, the ACL did not', both, node('ours', 4, 1), true],
    ['data came through, somebody else set the ACL', both, node('ours', 4, 2), false],
    ['somebody else wrote behind it', setData, node('theirs', 5, 1), false],
    ['another node is there', setData, node('old', 3, 1, OPEN_ACL, 6n), false],
  ])('%s', (_name, act, now, expected) => {
    expect(takenForOurs(act, true, now)).toBe(expected);
  });
});

test('nothing is the job\'s own when no reply was lost', () => {
  expect(takenForOurs(setData, false, node('old', 3, 1))).toBe(false);
});
