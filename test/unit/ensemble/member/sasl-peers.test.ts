/** How members prove to each other who they are: both sides of an exchange, byte by byte. */

import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../../../src/base/bytes.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import type { QuorumSaslSettings } from '../../../../src/ensemble/config/quorum-sasl-settings.ts';
import { saslPeers } from '../../../../src/ensemble/member/sasl-peers.ts';
import type { AuthEnd, AuthExchange, PeerAuth } from '../../../../src/ensemble/replication/quorum/peer-auth.ts';
import { nodeDigests } from '../../../../src/platform/node-digests.ts';
import { AUTH_STATUS, AuthPacketReader, encodeAuthPacket } from '../../../../src/wire/quorum/auth-packet.ts';

const MODULE = 'org.apache.zookeeper.server.auth.DigestLoginModule required';
const SETTINGS: QuorumSaslSettings = { callerProves: true, demanded: true, serverSection: 'QuorumServer', learnerSection: 'QuorumLearner' };

interface Made {
  readonly auth: PeerAuth;
  readonly logged: string[];
}

function peers(user: string, password: string, more: Partial<QuorumSaslSettings> = {}): Made {
  const logged: string[] = [];
  const jaas = `QuorumServer { ${MODULE} user_ann="secret" user_bob="b\\"\\\\ö"; }; QuorumLearner { ${MODULE} username="${user}" password="${password}"; };`;
  const logger = { log: (level: string, message: string) => void logged.push(`${level} ${message}`) };
  return { auth: saslPeers({ ...SETTINGS, ...more }, jaas, { random: seededRandom(7), digests: nodeDigests, logger }), logged };
}

const callerOf = ({ auth }: Made): AuthExchange => {
  const made = auth.caller?.();
  if (made === undefined) throw new Error('it need not prove anything');
  return made;
};

/** Lets both talk, each byte a chunk of its own. @param behind what the caller says when it has done */
function talk(caller: AuthExchange, called: AuthExchange, behind = ''): { readonly caller: AuthEnd | null; readonly called: AuthEnd | null } {
  const ends: { caller: AuthEnd | null; called: AuthEnd | null } = { caller: null, called: null };
  const lines = { caller: [...caller.begin().send], called: [] as Uint8Array[] };
  const hear = (to: 'caller' | 'called', bytes: Uint8Array): void => {
    for (const byte of bytes) {
      if (ends[to] !== null) return;
      const { send, end } = (to === 'caller' ? caller : called).push(Uint8Array.of(byte));
      lines[to].push(...send);
      ends[to] = end;
    }
  };
  for (let turn = 0; turn < 10; turn++) {
    const said = concatBytes(lines.caller.splice(0));
    hear('called', said);
    hear('caller', concatBytes(lines.called.splice(0)));
    if (ends.caller !== null && behind !== '') lines.caller.push(encodeUtf8(behind));
  }
  return ends;
}

describe('an exchange between members', () => {
  test.each([['ann', 'secret'], ['bob', 'b\\"\\\\ö']])('%s with the right password is believed, and so is the server', (user, password) => {
    const made = peers(user, password);
    expect(talk(callerOf(made), made.auth.called())).toEqual({ caller: { passed: true, rest: new Uint8Array(0) }, called: { passed: true, rest: new Uint8Array(0) } });
  });

  test.each([['ann', 'guess', 'the password does not fit'], ['eve', 'secret', 'there is no such user']])('%s with %s is not', (user, password, reason) => {
    const made = peers(user, password);
    expect(talk(callerOf(made), made.auth.called())).toEqual({
      caller: { passed: false, reason: expect.stringContaining('does not believe') as string }, called: { passed: false, reason },
    });
  });

  test('a wrong password is told and let in where none is demanded', () => {
    const made = peers('ann', 'guess', { demanded: false });
    expect(talk(callerOf(made), made.auth.called()).called?.passed).toBe(true);
    expect(made.logged).toEqual([expect.stringMatching(/^warn a server could not prove who it is/)]);
  });

  test('a server that says yes without knowing the password is not believed', () => {
    for (const token of ['', 'rspauth=00000000000000000000000000000000', 'realm="zk-quorum-sasl-md5",nonce="x",charset=utf-8,algorithm=md5-sess']) {
      const caller = callerOf(peers('ann', 'secret'));
      caller.begin();
      expect(caller.push(encodeAuthPacket({ status: AUTH_STATUS.success, token: encodeUtf8(token) })).end?.passed).toBe(false);
    }
    const caller = callerOf(peers('ann', 'secret'));
    caller.begin();
    caller.push(encodeAuthPacket({ status: AUTH_STATUS.inProgress, token: encodeUtf8('realm="zk-quorum-sasl-md5",nonce="x",charset=utf-8,algorithm=md5-sess') }));
    expect(caller.push(encodeAuthPacket({ status: AUTH_STATUS.success, token: encodeUtf8('rspauth=00') })).end).toEqual({
      passed: false, reason: 'the server does not know the password',
    });
  });

  test('somebody who begins with something else', () => {
    const words = Uint8Array.from([0, 0, 0, 11, 1, 2, 3, 4, 5]);
    expect(peers('ann', 'secret').auth.called().push(words).end?.passed).toBe(false);
    const open = peers('ann', 'secret', { demanded: false }).auth.called();
    expect(open.push(words.subarray(0, 7)).end).toBeNull();
    expect(open.push(words.subarray(7)).end).toEqual({ passed: true, rest: words });
  });

  test('somebody who says nothing is let in only where no proof is demanded', () => {
    expect(peers('ann', 'secret').auth.called().giveUp('it took too long').passed).toBe(false);
    expect(peers('ann', 'secret', { demanded: false }).auth.called().giveUp('it took too long').passed).toBe(true);
    expect(callerOf(peers('ann', 'secret')).giveUp('it took too long').passed).toBe(false);
  });

  test('a server that need not prove anything does not', () => {
    expect(peers('ann', 'secret', { callerProves: false }).auth.caller).toBeNull();
  });
});

describe('packets of an exchange', () => {
  test('that cannot be are refused', () => {
    const whole = encodeAuthPacket({ status: AUTH_STATUS.inProgress, token: encodeUtf8('x') });
    const changed = (at: number, value: number): Uint8Array => Uint8Array.from(whole, (byte, index) => (index === at ? value : byte));
    for (const bytes of [changed(0, 0), changed(11, 7), changed(12, 1), changed(12, 0x80)]) {
      const reader = new AuthPacketReader();
      reader.push(bytes);
      expect(() => reader.next()).toThrow();
    }
    const reader = new AuthPacketReader();
    reader.push(whole.subarray(0, whole.length - 1));
    expect(reader.next()).toBeNull();
    expect([...whole.subarray(0, 8)]).toEqual([0x5f, 0x24, 0x35, 0x01, 0x35, 0x01, 0xed, 0xcc]);
  });
});
