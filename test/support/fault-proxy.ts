/**
 * A TCP proxy in front of one server that misbehaves on request: delay, cut, refusal, silence, garbage, tiny writes.
 * In: commands, each in force when the call returns (or its promise resolves). Out: a port to connect to, counters.
 * Must hold: nothing is random; bytes that are held back are never lost or reordered, only late, as on a real
 * network; after close() no timer, socket or listener is left.
 */

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ProxyLink, type LinkSettings } from './fault-proxy-link.ts';

export type FaultDirection = 'toServer' | 'toClient';

/** What happens to a new connection: see the FaultProxy method of the same name. */
export type AdmissionMode = 'forward' | 'refuse' | 'reset' | 'halfOpen';

export interface FaultProxyCounters {
  /** Connections accepted since the start, in any mode. */
  readonly accepted: number;
  /** Connections open now. */
  readonly open: number;
  /** Bytes passed on to the server. */
  readonly bytesToServer: number;
  /** Bytes passed on to the client, garbage included. */
  readonly bytesToClient: number;
}

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  readonly connectString: string;
  /** Where new connections are forwarded to; existing ones stay where they are. */
  setUpstream(host: string, port: number): void;
  /** Delays every byte that arrives from now on: the same each way, or one value per direction. */
  setLatency(ms: number | { readonly toServerMs?: number; readonly toClientMs?: number }): void;
  /** Passes on at most this many bytes per write, with a pause between writes; undefined ends it. */
  setChunking(chunking: { readonly bytes: number; readonly pauseMs?: number } | undefined): void;
  /** Destroys every connection now, with a reset where the system allows. Returns how many. */
  cut(): number;
  /** Stops listening: new connections get ECONNREFUSED. */
  refuse(): Promise<void>;
  /** Accepts new connections and destroys them at once. */
  reset(): Promise<void>;
  /** Accepts new connections and stays silent: nothing is forwarded, nothing is closed. */
  halfOpen(): Promise<void>;
  /** Swallows what existing connections send, in one direction or both, without closing anything. */
  blackhole(direction?: FaultDirection | 'both'): void;
  /** Back to plain forwarding: held bytes go on, half-open connections get connected, latency and chunking end. */
  heal(): Promise<void>;
  /** Writes bytes to the peer of every open connection at once, ahead of anything held back. Returns how many. */
  inject(bytes: Uint8Array, direction?: FaultDirection): number;
  counters(): FaultProxyCounters;
  /** Resolves when the number of connections accepted since the start reaches this. */
  whenAccepted(count: number, timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface ProxyState {
  mode: AdmissionMode;
  accepted: number;
  upstream: { host: string; port: number };
  closed: boolean;
}

const host = '127.0.0.1';

/** Starts a proxy to one upstream, plain forwarding until told otherwise. */
export async function startFaultProxy(upstream: { readonly host?: string; readonly port: number }): Promise<FaultProxy> {
  const state: ProxyState = {
    mode: 'forward',
    accepted: 0,
    upstream: { host: upstream.host ?? host, port: upstream.port },
    closed: false,
  };
  const settings: LinkSettings = { latencyMs: { toServer: 0, toClient: 0 }, chunking: undefined };
  const counted = { toServer: 0, toClient: 0 };
  const links = new Set<ProxyLink>();
  const acceptWaiters = new Set<() => void>();

  const onConnection = (client: Socket): void => {
    state.accepted += 1;
    if (state.mode === 'reset') {
      client.on('error', () => {});
      client.resetAndDestroy();
    } else {
      const link = new ProxyLink(client, settings, counted, () => links.delete(link));
      links.add(link);
      if (state.mode === 'forward') link.connectUpstream(state.upstream);
    }
    for (const check of [...acceptWaiters]) check();
  };
  let server: Server | undefined = await listen(0, onConnection);
  const { port } = server.address() as AddressInfo;

  const setMode = async (mode: AdmissionMode): Promise<void> => {
    if (state.closed) throw new Error('the fault proxy is closed');
    state.mode = mode;
    if (mode === 'refuse') {
      server?.close();
      server = undefined;
    } else {
      server ??= await listen(port, onConnection);
    }
  };
  const close = async (): Promise<void> => {
    state.closed = true;
    server?.close();
    server = undefined;
    await Promise.all([...links].map((link) => link.destroy()));
  };

  return {
    host,
    port,
    connectString: `${host}:${port}`,
    setUpstream(newHost, newPort) {
      state.upstream = { host: newHost, port: newPort };
    },
    setLatency(ms) {
      const both = typeof ms === 'number' ? { toServerMs: ms, toClientMs: ms } : ms;
      settings.latencyMs = { toServer: both.toServerMs ?? 0, toClient: both.toClientMs ?? 0 };
    },
    setChunking(chunking) {
      if (chunking !== undefined && !(chunking.bytes >= 1)) throw new Error('chunks need at least one byte');
      settings.chunking = chunking;
    },
    cut() {
      const cut = [...links];
      for (const link of cut) void link.destroy();
      return cut.length;
    },
    refuse: () => setMode('refuse'),
    reset: () => setMode('reset'),
    halfOpen: () => setMode('halfOpen'),
    blackhole(direction = 'both') {
      for (const link of links) {
        if (direction !== 'toClient') link.hold('toServer');
        if (direction !== 'toServer') link.hold('toClient');
      }
    },
    async heal() {
      settings.latencyMs = { toServer: 0, toClient: 0 };
      settings.chunking = undefined;
      await setMode('forward');
      for (const link of links) link.release(state.upstream);
    },
    inject(bytes, direction = 'toClient') {
      for (const link of links) link.inject(bytes, direction);
      return links.size;
    },
    counters: () => ({
      accepted: state.accepted,
      open: links.size,
      bytesToServer: counted.toServer,
      bytesToClient: counted.toClient,
    }),
    whenAccepted: (count, timeoutMs = 10_000) => waitUntil(() => state.accepted >= count, acceptWaiters, timeoutMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function waitUntil(condition: () => boolean, checks: Set<() => void>, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer);
      checks.delete(check);
    };
    const check = (): void => {
      if (!condition()) return;
      finish();
      resolve();
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`the fault proxy saw too few connections within ${timeoutMs} ms`));
    }, timeoutMs);
    checks.add(check);
    check();
  });
}
