/** Election connections of servers that prove who they are, behind the greeting and before anything else (facts 5.12). */

import { describe, expect, test } from 'vitest';
import { ElectionConnections, type ConnectionsEffects } from '../../../../src/ensemble/replication/election/connections.ts';
import type { AuthExchange, PeerAuth } from '../../../../src/ensemble/replication/quorum/peer-auth.ts';
import { electionFrame } from '../../../../src/wire/quorum/election-frame.ts';
import { encodeGreeting } from '../../../../src/wire/quorum/election-greeting.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const address = (sid: bigint): { host: string; port: number } => ({ host: `server-${sid}`, port: 9 });
const SAID = electionFrame(bytes('vote'));

/** An exchange of one word each: `?` is answered with `!`, and `x` is wrong. */
const one = (word: string, answers: string): AuthExchange => ({
  begin: () => ({ send: word === '' ? [] : [bytes(word)], end: null }),
  push: (chunk) => {
    const said = String.fromCharCode(chunk[0] ?? 0);
    const rest = chunk.subarray(1);
    if (said === 'x') return { send: [bytes('x')], end: { passed: false, reason: 'it is not believed' } };
    return { send: answers === '' ? [] : [bytes(answers)], end: { passed: true, rest } };
  },
  giveUp: (reason) => ({ passed: false, reason }),
});
const AUTH: PeerAuth = { caller: () => one('?', ''), called: () => one('', '!') };

class Host {
  readonly logged: string[] = [];
  readonly connections: ElectionConnections;

  constructor(sid: bigint, auth: PeerAuth | undefined = AUTH) {
    this.connections = new ElectionConnections({
      sid, auth,
      ownAddresses: [address(sid)],
      multiAddress: false,
      addressesOf: (other) => (other <= 3n ? [address(other)] : []),
      connectTimeoutMs: 1000,
      greetingTimeoutMs: 100,
      logger: { log: (_level, message) => void this.logged.push(message) },
    });
  }

  /** What it wants of the network, in short; a frame is `vote`. */
  static shown({ network, delivered }: ConnectionsEffects): string[] {
    return [
      ...network.map((effect) => {
        if (effect.kind !== 'write') return effect.kind === 'close' ? 'close' : `call ${effect.sid}`;
        const text = String.fromCharCode(...effect.bytes);
        return text.includes('server-') ? 'greet' : text.endsWith('vote') ? 'vote' : text;
      }),
      ...delivered.map(({ sid, payload }) => `${sid} says ${String.fromCharCode(...payload)}`),
    ];
  }

  data(text: Uint8Array): string[] {
    return Host.shown(this.connections.step({ kind: 'data', link: 1, bytes: text }, 0));
  }
}

const greetingOf = (sid: bigint): Uint8Array => encodeGreeting({ version: 1, sid, addresses: [address(sid)] });
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

describe('a server that calls', () => {
  const called = (to: bigint): Host => {
    const host = new Host(2n);
    expect(Host.shown(host.connections.send(to, bytes('vote')))).toEqual([`call ${to}`]);
    expect(Host.shown(host.connections.step({ kind: 'connected', sid: to, link: 1 }, 0))).toEqual(['greet', '?']);
    return host;
  };

  test('says its word only when the other side has believed it', () => {
    expect(called(1n).data(bytes('!'))).toEqual(['vote']);
  });

  test('takes what came right behind the proof', () => {
    expect(called(1n).data(joined(bytes('!'), SAID))).toEqual(['vote', '1 says vote']);
  });

  test('with the smaller id lets go of the connection after the proof, so that it can be called', () => {
    expect(called(3n).data(bytes('!'))).toEqual(['close']);
  });

  test('that is not believed says why, and may call again', () => {
    const host = called(1n);
    expect(host.data(bytes('x'))).toEqual(['x', 'close']);
    expect(host.logged).toEqual(['an election connection is closed: it is not believed']);
    expect(Host.shown(host.connections.send(1n, bytes('vote')))).toEqual(['call 1']);
  });

  test('does not wait for ever, nor on a connection that is gone', () => {
    const slow = called(1n);
    expect(slow.connections.deadlineMs).toBe(100);
    expect(Host.shown(slow.connections.tick(100))).toEqual(['close']);
    const gone = called(1n);
    gone.connections.step({ kind: 'closed', link: 1 }, 0);
    expect(Host.shown(gone.connections.send(1n, bytes('vote')))).toEqual(['call 1']);
  });
});

describe('a server that is called', () => {
  const caller = (sid: bigint, auth?: PeerAuth): { readonly host: Host; readonly said: string[] } => {
    const host = new Host(2n, auth);
    host.connections.step({ kind: 'accepted', link: 1 }, 0);
    return { host, said: host.data(greetingOf(sid)) };
  };

  test('hears nothing before the proof, and calls a smaller id back only after it', () => {
    const larger = caller(3n);
    expect(larger.said).toEqual([]);
    expect(larger.host.data(joined(bytes('?'), SAID))).toEqual(['!', '3 says vote']);
    expect(caller(1n).host.data(bytes('?'))).toEqual(['!', 'close', 'call 1']);
  });

  test('takes greeting, proof and a message in one piece', () => {
    const host = new Host(2n);
    host.connections.step({ kind: 'accepted', link: 1 }, 0);
    expect(host.data(joined(greetingOf(3n), bytes('?'), SAID))).toEqual(['!', '3 says vote']);
  });

  test('sends away who proves nothing, at once or in time, and does not call it back', () => {
    expect(caller(1n).host.data(bytes('x'))).toEqual(['x', 'close']);
    const { host } = caller(1n);
    expect(Host.shown(host.connections.tick(100))).toEqual(['close']);
    expect(host.logged).toEqual(['an election connection is closed: it took too long']);
  });

  test('where no proof is demanded, calls back one that has hung up after its greeting', () => {
    const lenient: PeerAuth = { ...AUTH, called: () => ({ ...one('', '!'), giveUp: () => ({ passed: true, rest: new Uint8Array(0) }) }) };
    const { host } = caller(1n, lenient);
    expect(Host.shown(host.connections.step({ kind: 'closed', link: 1 }, 0))).toEqual(['close', 'call 1']);
  });
});
