import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/base/invariant.ts';
import { HINTS } from '../../../src/contract/hints.ts';
import { FailureShape } from '../../../src/contract/shapes.ts';
import { ErrorCode, type ErrorCodeName } from '../../../src/model/error-code.ts';
import {
  AuthFailedError, CancelledError, ConnectionLostError, KeeperError, SessionExpiredError, UsageError, WireError,
} from '../../../src/model/errors.ts';
import { makeFailure, toFailure } from '../../../src/services/failure.ts';
import * as v from 'valibot';

describe('toFailure', () => {
  test.each([
    [new KeeperError(ErrorCode.BadVersion, '/a'), { kind: 'answer', code: 'BadVersion', layer: 'node', hint: 'hint.compare', path: '/a', retrySafe: true }],
    [new KeeperError(ErrorCode.NoAuth, '/a'), { layer: 'permission', hint: 'hint.addAuth' }],
    [new KeeperError(-999), { code: 'Error-999', layer: 'request', hint: null, path: null }],
    [new ConnectionLostError('lost', true), { kind: 'weather', layer: 'socket', retrySafe: false, hint: 'hint.lookThenRetry' }],
    [new ConnectionLostError('lost', false), { kind: 'weather', retrySafe: true }],
    [new SessionExpiredError('over'), { kind: 'weather', layer: 'session', hint: 'hint.reopen' }],
    [new AuthFailedError('no'), { kind: 'answer', layer: 'auth', hint: 'hint.checkCredentials' }],
    [new WireError('nonsense'), { kind: 'weather', code: 'Malformed', hint: 'hint.checkServer' }],
    [new CancelledError(), { kind: 'cancelled', code: 'Cancelled', hint: null }],
    [new UsageError('RequestTooLarge', 'too large'), { kind: 'usage', hint: 'hint.tooBig' }],
    [new InvariantError('3 is not 4'), { kind: 'bug', code: 'Bug', message: 'InvariantError: 3 is not 4', hint: 'hint.report', retrySafe: false }],
    [new TypeError('x is undefined'), { kind: 'bug', message: 'TypeError: x is undefined' }],
    ['thrown text', { kind: 'bug', message: 'Unknown: thrown text' }],
  ])('%s', (error, expected) => {
    const failure = toFailure(error);
    expect(failure).toMatchObject(expected);
    expect(v.is(FailureShape, failure)).toBe(true);
    expect(structuredClone(failure)).toEqual(failure);
  });

  test('what is known in parts goes along, for other languages', () => {
    const reason = { key: 'reason.portChosen', params: { port: 2181 } };
    const failure = toFailure(new UsageError('PortTaken', 'port 2181 is taken', reason));
    expect(failure).toMatchObject({ message: 'port 2181 is taken', reason });
    expect(v.is(FailureShape, failure)).toBe(true);
    expect(toFailure(new UsageError('PortTaken', 'port 2181 is taken'))).not.toHaveProperty('reason');
  });

  test('the error\'s own path wins over the caller\'s', () => {
    expect(toFailure(new KeeperError(ErrorCode.NoNode, '/own'), '/given').path).toBe('/own');
    expect(toFailure(new ConnectionLostError('lost', true), '/given').path).toBe('/given');
  });

  test('every hint is one that the contract names', () => {
    for (const name of Object.keys(ErrorCode) as ErrorCodeName[]) {
      const { hint } = toFailure(new KeeperError(ErrorCode[name]));
      if (hint !== null) expect(HINTS).toContain(hint);
    }
  });

  test('what the door refuses can be tried again', () => {
    expect(makeFailure('denied', 'ReadOnlyConnection', 'no', '/a')).toEqual({
      kind: 'denied', code: 'ReadOnlyConnection', message: 'no', layer: 'permission', hint: 'hint.readOnlyConnection', path: '/a', retrySafe: true,
    });
  });
});
