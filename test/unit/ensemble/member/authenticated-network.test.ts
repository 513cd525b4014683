/** The leader port of members that prove who they are: who gets through, and that nobody holds it open. */

import { describe, expect, test } from 'vitest';
import type { ClientSocket, SocketHandler } from '../../../../src/ensemble/listener.ts';
import { authenticatedNetwork } from '../../../../src/ensemble/member/authenticated-network.ts';
import type { QuorumNetwork } from '../../../../src/ensemble/quorum-network.ts';
import type { AuthExchange, PeerAuth } from '../../../../src/ensemble/replication/quorum/peer-auth.ts';

const NO_BYTES = new Uint8Array(0);
const RIGHT = 1;
const WRONG = 2;

/** One byte decides. */
const exchange = (): AuthExchange => ({
  begin: () => ({ send: [], end: null }),
  push: (chunk) => ({
    send: [Uint8Array.of(9)],
    end: chunk[0] === RIGHT ? { passed: true, rest: chunk.subarray(1) } : { passed: false, reason: 'it is not believed' },
  }),
  giveUp: (reason) => ({ passed: false, reason }),
});

class Socket implements ClientSocket {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 1;
  readonly bufferedBytes = 0;
  readonly said: string[] = [];
  write(bytes: Uint8Array): void {
    this.said.push(`write ${[...bytes].join(' ')}`);
  }
  pause(): void {
    this.said.push('pause');
  }
  resume(): void {
    this.said.push('resume');
  }
  end(): void {
    this.said.push('end');
  }
  destroy(): void {
    this.said.push('destroy');
  }
}

function setUp(auth: PeerAuth = { caller: exchange, called: exchange }) {
  const state: { accept: ((socket: ClientSocket) => SocketHandler | null) | null; open: ((socket: ClientSocket) => SocketHandler) | null; timers: (() => void)[]; logged: string[]; closed: boolean } = {
    accept: null, open: null, timers: [], logged: [], closed: false,
  };
  const network: QuorumNetwork = {
    election: () => ({ listen: () => Promise.resolve(), perform: () => undefined, close: () => Promise.resolve() }),
    listen(_at, accept) {
      state.accept = accept;
      return Promise.resolve({
        host: 'here', port: 7,
        close: () => {
          state.closed = true;
          return Promise.resolve();
        },
      });
    },
    connect(_options, onOpen) {
      state.open = onOpen;
    },
  };
  const clock = { monotonicMs: () => 0, wallMs: () => 0, after: (_ms: number, fn: () => void) => (state.timers.push(fn), () => void state.timers.splice(state.timers.indexOf(fn), 1)) };
  const logger = { log: (level: string, message: string, fields?: Readonly<Record<string, unknown>>) => void state.logged.push(`${level} ${message}: ${String(fields?.['reason'])}`) };
  return { state, network: authenticatedNetwork(network, auth, { clock, logger, timeoutMs: 100 }) };
}

const guest = (heard: number[][]): SocketHandler => ({
  onData: (chunk) => void heard.push([...chunk]),
  onDrain: () => undefined,
  onClose: () => void heard.push([-1]),
});

describe('a port that is listened on', () => {
  test('hands on who has proved who it is, with what came behind the proof', async () => {
    const { state, network } = setUp();
    const heard: number[][] = [];
    await network.listen({ host: null, port: 7 }, () => guest(heard));
    const handler = state.accept?.(new Socket());
    handler?.onData(Uint8Array.of(RIGHT, 5));
    handler?.onData(Uint8Array.of(6));
    handler?.onClose();
    expect(heard).toEqual([[5], [6], [-1]]);
    expect(state.timers).toEqual([]);
  });

  test('tells who is not believed, and then closes; says so once', async () => {
    const { state, network } = setUp();
    await network.listen({ host: null, port: 7 }, () => guest([]));
    for (let i = 0; i < 2; i++) {
      const socket = new Socket();
      state.accept?.(socket)?.onData(Uint8Array.of(WRONG));
      expect(socket.said).toEqual(['write 9', 'end']);
    }
    expect(state.logged).toEqual(['warn a learner is not let in: it is not believed']);
  });

  test('waits for nobody for ever', async () => {
    const { state, network } = setUp();
    await network.listen({ host: null, port: 7 }, () => guest([]));
    const socket = new Socket();
    state.accept?.(socket);
    for (const timer of [...state.timers]) timer();
    expect(socket.said).toEqual(['end']);
  });

  test('closes at once although somebody has not proved anything yet', async () => {
    const { state, network } = setUp();
    const listener = await network.listen({ host: null, port: 7 }, () => guest([]));
    const [undecided, inside] = [new Socket(), new Socket()];
    state.accept?.(undecided);
    state.accept?.(inside)?.onData(Uint8Array.of(RIGHT));
    await listener.close();
    expect(undecided.said).toEqual(['destroy']);
    // Who is in belongs to whoever took it.
    expect(inside.said).toEqual(['write 9']);
    expect(state).toMatchObject({ closed: true, timers: [], logged: [] });
  });
});

describe('a call', () => {
  test('is the caller’s after the proof, or fails with the reason', () => {
    const { state, network } = setUp();
    const [heard, failures]: [number[][], string[]] = [[], []];
    network.connect({ to: { host: 'a', port: 1 }, timeoutMs: 1 }, () => guest(heard), (reason) => void failures.push(reason));
    state.open?.(new Socket()).onData(Uint8Array.of(RIGHT, 4));
    expect([heard, failures]).toEqual([[[4]], []]);
    state.open?.(new Socket()).onData(Uint8Array.of(WRONG));
    state.open?.(new Socket()).onClose();
    expect(failures).toEqual(['it is not believed', 'the connection was closed before it was known who is there']);
  });

  test('is nobody’s to judge where this server need not prove anything', () => {
    const { state, network } = setUp({ caller: null, called: exchange });
    const heard: number[][] = [];
    network.connect({ to: { host: 'a', port: 1 }, timeoutMs: 1 }, () => guest(heard), () => undefined);
    state.open?.(new Socket()).onData(NO_BYTES);
    expect(heard).toEqual([[]]);
  });
});
