import { expect, test } from 'vitest';
import type { Logger } from '../../../../src/base/logger.ts';
import { UnreachedMembers } from '../../../../src/ensemble/replication/election/unreached-members.ts';

function world(): { readonly lines: string[]; readonly unreached: UnreachedMembers } {
  const lines: string[] = [];
  const logger: Logger = { log: (level, message, fields) => void lines.push(`${level}: ${message} ${fields?.['sid']} ${fields?.['reason']} ${fields?.['seconds']}`) };
  return { lines, unreached: new UnreachedMembers(logger) };
}

test('a member that cannot be called for ten seconds is named with the reason, once a minute', () => {
  const { lines, unreached } = world();
  for (let ms = 0; ms <= 9_900; ms += 100) unreached.failed(2n, 'zk2:3888: the name is not known', ms);
  expect(lines).toEqual([]);
  unreached.failed(2n, 'zk2:3888: the name is not known', 12_000);
  unreached.failed(2n, 'zk2:3888: the name is not known', 60_000);
  expect(lines).toEqual(['warn: a member cannot be called for elections 2 zk2:3888: the name is not known 12']);
  unreached.failed(2n, 'zk2:3888: connection refused', 72_000);
  expect(lines[1]).toBe('warn: a member cannot be called for elections 2 zk2:3888: connection refused 72');
});

test('one that is reached meanwhile, or was not called for long, is not', () => {
  const { lines, unreached } = world();
  unreached.failed(2n, 'x', 0);
  unreached.reached(2n);
  unreached.failed(2n, 'x', 15_000);
  unreached.failed(3n, 'x', 0);
  unreached.failed(3n, 'x', 3_600_000);
  expect(lines).toEqual([]);
});
