import { describe, expect, test } from 'vitest';
import { equalAcls, formatAcl, formatPerms, OPEN_ACL, parseAcl, parsePerms, Perms } from '../../../src/model/acl.ts';
import {
  CONTAINER_OWNER, CreateMode, isContainer, isCreateMode, isEphemeral, isSequential, isTtl, ownerKind, TTL_MS_MAX, ttlOf, ttlOwner,
} from '../../../src/model/create-mode.ts';
import { ErrorCode, errorName, errorText } from '../../../src/model/error-code.ts';
import { CancelledError, ConnectionLostError, KeeperError, UsageError, WireError, ZooError } from '../../../src/model/errors.ts';
import { eventName } from '../../../src/model/watch.ts';
import { counterOf, epochOf, formatId, makeZxid, parseId } from '../../../src/model/zxid.ts';

describe('ACLs', () => {
  test('permission letters', () => {
    expect(formatPerms(Perms.ALL)).toBe('cdrwa');
    expect(formatPerms(0)).toBe('');
    for (let perms = 0; perms < 32; perms++) expect(parsePerms(formatPerms(perms))).toBe(perms);
    expect(parsePerms('awr')).toBe(Perms.ADMIN | Perms.WRITE | Perms.READ);
    expect(parsePerms('x')).toBeNull();
  });

  test.each(['world:anyone:cdrwa', 'digest:bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=:r', 'ip:2001:db8::1/64:rw', 'auth::a', 'x509:CN=a,O=b:'])(
    '%s there and back',
    (text) => expect(formatAcl(parseAcl(text)!)).toBe(text),
  );

  test.each(['', 'world', 'world:anyone', ':x:r', 'world:anyone:q'])('%j is no ACL', (text) => expect(parseAcl(text)).toBeNull());

  test('lists are equal in order', () => {
    const [a, b] = [parseAcl('world:anyone:r')!, parseAcl('ip:::1:r')!];
    expect(equalAcls([a, b], [a, { ...b }])).toBe(true);
    expect(equalAcls([a, b], [b, a])).toBe(false);
    expect(equalAcls(OPEN_ACL, [])).toBe(false);
  });
});

describe('create modes and owners', () => {
  test('what each flag means', () => {
    const rows = Object.values(CreateMode).map((mode) => [mode, isSequential(mode), isEphemeral(mode), isTtl(mode), isContainer(mode)]);
    expect(rows).toEqual([
      [0, false, false, false, false], [1, false, true, false, false], [2, true, false, false, false], [3, true, true, false, false],
      [4, false, false, false, true], [5, false, false, true, false], [6, true, false, true, false],
    ]);
    expect([-1, 7, 1.5, 0, 6].map(isCreateMode)).toEqual([false, false, false, true, true]);
  });

  test('stored owners (EphemeralType)', () => {
    expect(ownerKind(0n, true)).toBe('none');
    expect(ownerKind(CONTAINER_OWNER, true)).toBe('container');
    for (const ttl of [1n, 60_000n, TTL_MS_MAX]) {
      expect(ownerKind(ttlOwner(ttl), true)).toBe('ttl');
      expect(ttlOf(ttlOwner(ttl))).toBe(ttl);
      expect(ownerKind(ttlOwner(ttl), false)).toBe('session');
    }
    expect(ownerKind(0x0100_0011_3c83_0000n, true)).toBe('session');
    expect(BigInt.asUintN(64, ttlOwner(TTL_MS_MAX))).toBe(0xff00_00ff_ffff_ffffn);
  });
});

describe('ids', () => {
  test('epoch and counter', () => {
    expect([epochOf(0x5_0000_000cn), counterOf(0x5_0000_000cn)]).toEqual([5, 12]);
    expect(makeZxid(5, 12)).toBe(0x5_0000_000cn);
    expect([epochOf(makeZxid(0xffff_ffff, 0xffff_ffff)), counterOf(-1n)]).toEqual([0xffff_ffff, 0xffff_ffff]);
  });

  test('hex there and back, as the tools print it', () => {
    expect(formatId(0x1000_0113_c830_000n)).toBe('0x10000113c830000');
    expect(formatId(-1n)).toBe('0xffffffffffffffff');
    for (const id of [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)]) expect(parseId(formatId(id))).toBe(id);
    expect(parseId(' FF ')).toBe(255n);
    for (const wrong of ['', '0x', 'g', '0x11111111111111111']) expect(parseId(wrong)).toBeNull();
  });
});

describe('errors', () => {
  test('codes of facts 1.8', () => {
    expect(ErrorCode).toMatchObject({
      SystemError: -1, RuntimeInconsistency: -2, MarshallingError: -5, Unimplemented: -6, BadArguments: -8, UnknownSession: -12,
      NoNode: -101, NoAuth: -102, BadVersion: -103, NoChildrenForEphemerals: -108, NodeExists: -110, NotEmpty: -111,
      SessionExpired: -112, InvalidAcl: -114, AuthFailed: -115, SessionMoved: -118, NotReadOnly: -119, NoWatcher: -121,
      ReconfigDisabled: -123, SessionClosedRequireSaslAuth: -124, QuotaExceeded: -125, ThrottledOp: -127,
    });
    expect(errorName(-101)).toBe('NoNode');
    expect(errorName(-999)).toBe('Error-999');
    expect(errorText(-999)).toContain('-999');
    expect(Object.values(ErrorCode).every((code) => errorText(code).length > 5)).toBe(true);
  });

  test('each says its kind and whether a retry is safe', () => {
    const errors = [
      new KeeperError(-101, '/a'), new UsageError('BadPath', 'x'), new WireError('x'),
      new ConnectionLostError('x', true), new ConnectionLostError('x', false), new CancelledError('x', true), new CancelledError(),
    ];
    expect(errors.map((error) => [error.kind, error.code, error.retrySafe])).toEqual([
      ['answer', 'NoNode', true], ['usage', 'BadPath', true], ['weather', 'Malformed', false],
      ['weather', 'ConnectionLoss', false], ['weather', 'ConnectionLoss', true],
      ['cancelled', 'Cancelled', false], ['cancelled', 'Cancelled', true],
    ]);
    expect(errors.every((error) => error instanceof ZooError && error instanceof Error)).toBe(true);
    expect(errors[0]?.message).toBe('no such node: /a');
  });
});

test('event names', () => {
  expect([-1, 1, 2, 3, 4, 5, 6, 7, 99].map(eventName)).toEqual([
    'None', 'NodeCreated', 'NodeDeleted', 'NodeDataChanged', 'NodeChildrenChanged', 'DataWatchRemoved', 'ChildWatchRemoved',
    'PersistentWatchRemoved', 'Event99',
  ]);
});
