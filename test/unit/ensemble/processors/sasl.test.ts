/** What no live server shows of SASL; logins themselves are compared with Apache's in test/interop/server-sasl.test.ts. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import { DigestMd5Exchange } from '../../../../src/ensemble/processors/auth/sasl/digest-md5.ts';
import { parseDirectives } from '../../../../src/ensemble/processors/auth/sasl/directives.ts';
import { nodeDigests } from '../../../../src/platform/node-digests.ts';

describe('directives', () => {
  test('are tokens and quoted texts', () => {
    expect([...(parseDirectives(' A=b,\tc = "d\\"e, f\\\\" ,,nc=00000001') ?? [])]).toEqual([['a', 'b'], ['c', 'd"e, f\\'], ['nc', '00000001']]);
    expect(parseDirectives('')?.size).toBe(0);
  });

  test.each(['a', 'a=b c=d', 'a=b,A=c', '=b', 'a="b', 'a="b"c', 'a="b\\'])('%s is malformed', (text) => {
    expect(parseDirectives(text)).toBeNull();
  });
});

describe('an exchange', () => {
  const tools = { random: seededRandom(1), digests: nodeDigests, users: new Map([['bob', 'secret']]) };

  test('has a nonce of its own', () => {
    const challenges = [1, 2].map(() => {
      const answer = new DigestMd5Exchange(tools).next(new Uint8Array(0));
      return answer.kind === 'challenge' ? String.fromCharCode(...answer.token) : answer.kind;
    });
    expect(challenges[0]).toMatch(/^realm="zk-sasl-md5",nonce="[0-9a-f]{64}",charset=utf-8,algorithm=md5-sess$/);
    expect(challenges[1]).not.toBe(challenges[0]);
  });

  test('is over after one response: a password cannot be guessed twice against one nonce', () => {
    const exchange = new DigestMd5Exchange(tools);
    exchange.next(new Uint8Array(0));
    expect(exchange.next(encodeUtf8('nonsense'))).toMatchObject({ kind: 'refused', reason: 'the response is malformed' });
    expect(exchange.next(encodeUtf8('username="bob"'))).toMatchObject({ kind: 'refused', reason: 'the exchange is over' });
  });
});
