/** A whole server without a network, a disk or a clock of its own: sockets, files and time are the test's. */

import type { Clock } from '../../../../src/base/clock.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { parseZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';
import type { HttpHandler } from '../../../../src/ensemble/admin/http/exchange.ts';
import type { ClientSocket, SocketHandler } from '../../../../src/ensemble/listener.ts';
import { Server } from '../../../../src/ensemble/server.ts';
import { nodeDigests } from '../../../../src/platform/node-digests.ts';
import { nodeGzip } from '../../../../src/platform/node-gzip.ts';
import { connectRequestPayload, jute, parseReply, type RawConnectOptions, type RawReply } from '../../../support/raw-client.ts';
import { memoryDisk, type MemoryDisk } from '../log/memory-disk.ts';

/** Time that goes on only when it is told to. */
export class TestClock implements Clock {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly fn: () => void }[] = [];

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Fires every timer on the way, in order, and lets what it started come to rest. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fn();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

/** Lets everything that waits for nothing outside come to rest. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
}

export class TestClient implements ClientSocket {
  readonly remoteAddress: string;
  readonly remotePort = 5555;
  /** Set by tests that play a client which does not read. */
  bufferedBytes = 0;
  paused = false;
  closed = false;
  handler: SocketHandler | null = null;
  #received: Buffer = Buffer.alloc(0);
  #xid = 0;

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  write(bytes: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, bytes]);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    setImmediate(() => this.handler?.onClose());
  }

  /** What came that is no frame: the answer to a word. */
  text(): string {
    return this.#received.toString('utf8');
  }

  /** Takes the frames that have come. */
  frames(): Buffer[] {
    const out: Buffer[] = [];
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
      const end = 4 + this.#received.readInt32BE(0);
      out.push(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
    }
    return out;
  }

  replies(): RawReply[] {
    return this.frames().map(parseReply);
  }

  send(bytes: Uint8Array): void {
    this.handler?.onData(new Uint8Array(bytes));
  }

  sendFrame(payload: Uint8Array): void {
    this.send(Buffer.concat([jute.int(payload.length), payload]));
  }

  /** Sends a request without waiting. */
  ask(type: number, body: Uint8Array = Buffer.alloc(0), xid = ++this.#xid): void {
    this.sendFrame(Buffer.concat([jute.int(xid), jute.int(type), body]));
  }

  /** Sends a request; gives the last frame that came of it. */
  async do(type: number, body?: Uint8Array, xid?: number): Promise<RawReply> {
    this.ask(type, body, xid);
    await settle();
    const reply = this.replies().at(-1);
    if (reply === undefined) throw new Error(`no answer to operation ${type}`);
    return reply;
  }
}

export interface HarnessOptions {
  /** zoo.cfg keys over a tickTime of 1000. */
  readonly config?: Readonly<Record<string, string>>;
  readonly disk?: MemoryDisk;
}

export class Harness {
  readonly clock: TestClock;
  readonly disk: MemoryDisk;
  readonly server: Server;
  readonly failures: unknown[];
  /** What answers on the ports for administration, in the order in which they were opened. */
  readonly http: readonly HttpHandler[];
  readonly #accept: (socket: ClientSocket) => SocketHandler | null;

  private constructor(parts: Pick<Harness, 'clock' | 'disk' | 'server' | 'failures' | 'http'>, accept: (socket: ClientSocket) => SocketHandler | null) {
    this.clock = parts.clock;
    this.disk = parts.disk;
    this.server = parts.server;
    this.failures = parts.failures;
    this.http = parts.http;
    this.#accept = accept;
  }

  static async start(options: HarnessOptions = {}): Promise<Harness> {
    const clock = new TestClock();
    const disk = options.disk ?? memoryDisk();
    const failures: unknown[] = [];
    const http: HttpHandler[] = [];
    const keys = { tickTime: '1000', dataDir: '/data', clientPort: '2181', preAllocSize: '0', '4lw.commands.whitelist': '*', ...options.config };
    const config = parseZooCfg(Object.entries(keys).map(([key, value]) => `${key}=${value}`).join('\n'));
    let accept: (socket: ClientSocket) => SocketHandler | null = () => null;
    const server = await Server.start({
      clock, random: seededRandom(1), logger: silentLogger, digests: nodeDigests, gzip: nodeGzip,
      snapshots: disk, logs: disk, snapshotDirectory: '/data/version-2', logDirectory: '/data/version-2',
      defer: (fn: () => void) => void setImmediate(fn),
      host: { environment: () => [['host.name', 'test']], openFiles: () => null, formatDate: (wallMs) => `T+${wallMs - 1_700_000_000_000}` },
      listenHttp: (_options, handler) => {
        http.push(handler);
        return Promise.resolve({ port: 0, close: () => Promise.resolve() });
      },
      listen: (_options, own) => {
        accept = own;
        return Promise.resolve({ host: '127.0.0.1', port: 2181, close: () => Promise.resolve() });
      },
    }, { config, onFailure: (error) => failures.push(error) });
    return new Harness({ clock, disk, server, failures, http }, accept);
  }

  /** A connection; undefined when the server refuses it. */
  open(remoteAddress = '127.0.0.1'): TestClient | undefined {
    const client = new TestClient(remoteAddress);
    client.handler = this.#accept(client);
    return client.handler === null ? undefined : client;
  }

  /** A connection with a session. */
  async join(options: RawConnectOptions = {}): Promise<TestClient & { sessionId: bigint; password: Buffer; timeoutMs: number }> {
    const client = this.open();
    if (client === undefined) throw new Error('the server refused the connection');
    client.sendFrame(connectRequestPayload({ timeoutMs: 5000, ...options }));
    await settle();
    const [answer] = client.frames();
    if (answer === undefined) throw new Error('no answer to the connect request');
    const session = { timeoutMs: answer.readInt32BE(4), sessionId: answer.readBigInt64BE(8), password: answer.subarray(20, 36) };
    return Object.assign(client, session);
  }

  async word(word: string): Promise<string> {
    const client = this.open();
    client?.send(Buffer.from(word));
    await settle();
    return client?.text() ?? '';
  }
}
