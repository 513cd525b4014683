import { describe, expect, it } from 'vitest';
import type { Acl } from '../../../src/model/acl.ts';
import { Perms } from '../../../src/model/acl.ts';
import { entryProblem, holdsAfter, locksOut } from '../../../src/view/stores/acl-rules.ts';

const entry = (scheme: string, id: string, perms = 31): Acl => ({ perms, id: { scheme, id } });

describe('entries', () => {
  it.each([
    [entry('world', 'anyone'), null],
    [entry('world', 'everyone'), 'worldId'],
    [entry('', 'x'), 'scheme'],
    [entry('digest', 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U='), null],
    [entry('digest', 'bob'), 'digestId'],
    [entry('digest', 'bob:x'), 'digestMasked'],
    [entry('digest', 'a:b:c'), 'digestId'],
    [entry('ip', '10.0.0.1'), null],
    [entry('ip', '10.0.0.0/8'), null],
    [entry('ip', '10.0.0.0/33'), 'ipId'],
    [entry('ip', '300.0.0.1'), 'ipId'],
    [entry('ip', '::1'), null],
    [entry('ip', 'fe80::/64'), null],
    [entry('ip', 'host'), 'ipId'],
    [entry('sasl', ''), 'emptyId'],
    [entry('mine', 'x'), null],
    [entry('world', 'anyone', 0), 'noPerms'],
  ])('%j: %s', (acl, problem) => expect(entryProblem([acl], 0, null)).toBe(problem));

  it('finds doubles, and auth without an identity', () => {
    expect(entryProblem([entry('world', 'anyone'), entry('world', 'anyone')], 1, null)).toBe('double');
    expect(entryProblem([entry('auth', '')], 0, ['ip:1.2.3.4'])).toBe('authUnknown');
    expect(entryProblem([entry('auth', '')], 0, ['ip:1.2.3.4', 'digest:bob'])).toBeNull();
    expect(entryProblem([entry('auth', '')], 0, null)).toBeNull();
  });
});

describe('what a session keeps', () => {
  const me = ['ip:10.0.0.5', 'digest:bob:HASH'];

  it.each<[readonly Acl[], readonly string[] | null, boolean | null]>([
    [[entry('world', 'anyone')], null, true],
    [[entry('world', 'anyone', Perms.READ)], null, false],
    [[entry('auth', '')], me, true],
    [[entry('auth', '')], ['ip:10.0.0.5'], false],
    [[entry('auth', '')], null, null],
    [[entry('digest', 'bob:HASH')], me, true],
    [[entry('digest', 'bob:OTHER')], me, null],
    [[entry('digest', 'eve:HASH')], me, false],
    [[entry('ip', '10.0.0.5')], me, true],
    [[entry('ip', '10.0.0.6')], me, false],
    [[entry('ip', '10.0.0.0/8')], me, null],
    [[entry('sasl', 'x')], me, false],
    [[entry('digest', 'eve:HASH')], ['super:'], true],
  ])('%j held by %j: %s', (acl, identities, held) => expect(holdsAfter(acl, Perms.ADMIN, identities)).toBe(held));

  it('warns only when ADMIN certainly goes', () => {
    const readOnly = [entry('world', 'anyone', Perms.READ)];
    expect(locksOut(true, readOnly, me)).toBe(true);
    expect(locksOut(null, readOnly, me)).toBe(true);
    expect(locksOut(false, readOnly, me)).toBe(false);
    expect(locksOut(true, [entry('digest', 'bob:OTHER')], me)).toBe(false);
  });
});
