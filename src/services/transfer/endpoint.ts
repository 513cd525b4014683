/**
 * An ensemble as one end of a transfer: a session that is replaced when it ends, and reads that are tried again
 * after bad weather. Must hold: a write is tried again only by those who can tell whether it took place.
 */

import type { Clock } from '../../base/clock.ts';
import type { CancelSignal } from '../../base/signal.ts';
import type { ZooKeeper } from '../../client/api.ts';
import type { Id } from '../../model/acl.ts';
import { AuthFailedError, CancelledError, ConnectionLostError, KeeperError, UsageError, ZooError } from '../../model/errors.ts';
import { pause, throwIfCancelled, withTimeout } from '../util/cancel.ts';
import { Pace, type RequestKind } from './pace.ts';

/** What a host opens, and what it knows of it. */
export interface EndpointSource {
  /** For people and files: the connect string, no credentials. */
  readonly name: string;
  /** A session, at least on its way; called again when the one before has expired. */
  open(): Promise<ZooKeeper>;
  /** Ends a session that `open` gave; it does nothing for one that belongs to others. */
  close(client: ZooKeeper): Promise<void>;
  /** The servers' jute.maxbuffer, bytes. */
  readonly requestBytesMax: number;
  /** Whether its servers know multiRead (3.6 and later); asked once a session is connected. */
  multiRead(client: ZooKeeper): Promise<boolean>;
  /** The identities that the session certainly has, world:anyone left out. */
  readonly identities: readonly Id[];
}

/** How long a transfer waits for an ensemble before it gives up, ms. */
export const PATIENCE_MS = 60_000;
const PAUSE_MS = 200;
/** A read that ends the connection this often is itself the reason. */
const TRIES_MAX = 8;

export interface EndpointOptions {
  readonly patienceMs?: number | undefined;
  /** Told when it begins, and ends, to wait for a connection. */
  readonly onWaiting?: ((waiting: boolean) => void) | undefined;
}

export class Endpoint {
  readonly source: EndpointSource;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly signal: CancelSignal;
  readonly #patienceMs: number;
  readonly #onWaiting: (waiting: boolean) => void;
  #client: ZooKeeper | null = null;
  #connecting: Promise<ZooKeeper> | null = null;
  #multiRead: boolean | null = null;
  /** Sessions that were lost on the way. */
  sessionsLost = 0;
  /** Requests that were sent. */
  requests = 0;

  constructor(source: EndpointSource, clock: Clock, signal: CancelSignal, options: EndpointOptions = {}) {
    this.source = source;
    this.pace = new Pace(clock);
    this.clock = clock;
    this.signal = signal;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#onWaiting = options.onWaiting ?? (() => undefined);
  }

  /** Longest request that every server takes, bytes. */
  get requestBytesMax(): number {
    return this.source.requestBytesMax;
  }

  /** The session, if requests are answered now. */
  get ready(): ZooKeeper | null {
    const client = this.#client;
    return client !== null && (client.state === 'connected' || client.state === 'connectedReadOnly') ? client : null;
  }

  /**
   * A connected session, and what is known of its servers.
   *
   * @throws AuthFailedError; UsageError Unreachable when none comes in time; CancelledError; what `open` refuses
   */
  async client(): Promise<ZooKeeper> {
    const client = this.ready ?? (await (this.#connecting ??= this.#connect().finally(() => (this.#connecting = null))));
    return client;
  }

  /** Whether multiRead may be sent; known once `prepare` has resolved. */
  get multiRead(): boolean {
    return this.#multiRead ?? false;
  }

  /** Connects, and learns what the servers can. @throws as `client` */
  async prepare(): Promise<ZooKeeper> {
    const client = await this.client();
    this.#multiRead ??= await this.source.multiRead(client).catch(() => false);
    return client;
  }

  /**
   * Runs a request that may be repeated, until it is answered.
   *
   * @throws KeeperError, UsageError; AuthFailedError; UsageError Unreachable; CancelledError; after TRIES_MAX the weather
   */
  async read<T>(kind: RequestKind, request: (client: ZooKeeper) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.once(kind, request);
      } catch (error) {
        if (!isPassing(error) || tries >= TRIES_MAX) throw error;
        if (!isWeather(error) || tries > 2) await pause(this.clock, PAUSE_MS * tries, this.signal);
      }
    }
  }

  /** Runs a request once. @throws what it throws, weather included; and as `client` */
  async once<T>(kind: RequestKind, request: (client: ZooKeeper) => Promise<T>): Promise<T> {
    const client = this.ready ?? (await this.client());
    this.requests++;
    return this.pace.run(kind, () => request(client));
  }

  /**
   * Sends a request at once or not at all, so that requests go in the order of the calls.
   *
   * @throws what it throws; ConnectionLostError, certainly not sent, where there is no connection
   */
  now<T>(kind: RequestKind, request: (client: ZooKeeper) => Promise<T>): Promise<T> {
    const client = this.ready;
    if (client === null) return Promise.reject(new ConnectionLostError('there is no connection', false));
    this.requests++;
    return this.pace.run(kind, () => request(client));
  }

  /**
   * The last transaction that this session can be sure of: what any client had written before is within it.
   *
   * @param path the server looks up nothing there
   */
  async syncedZxid(path: string): Promise<bigint> {
    return this.read('write', async (client) => {
      // A server without its quorum takes no sync: what it has is what there is to be had.
      if (client.state === 'connectedReadOnly') return (await client.exists(path)).reply.zxid;
      return (await client.sync(path)).zxid;
    });
  }

  /** Ends the session, if it has one. Never rejects. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client !== null) await this.source.close(client).catch(() => undefined);
  }

  async #connect(): Promise<ZooKeeper> {
    const deadlineMs = this.clock.monotonicMs() + this.#patienceMs;
    let why = 'no server answered';
    this.#onWaiting(true);
    try {
      for (;;) {
        throwIfCancelled(this.signal);
        const leftMs = deadlineMs - this.clock.monotonicMs();
        if (leftMs <= 0) break;
        try {
          const client = await this.#current();
          const wait = (signal: CancelSignal): Promise<boolean> => client.ready({ signal }).then(() => true);
          if (await withTimeout(this.clock, leftMs, this.signal, wait, false)) return client;
        } catch (error) {
          if (error instanceof CancelledError && this.signal.aborted) throw error;
          if (error instanceof AuthFailedError || this.#client?.state === 'authFailed') throw error;
          if (!(error instanceof ZooError)) throw error;
          // A host that refuses to open a session says why; a session that ended meanwhile is replaced.
          if (error.kind === 'usage' && this.#client === null) throw error;
          why = error.message;
          await pause(this.clock, PAUSE_MS, this.signal);
        }
      }
    } finally {
      this.#onWaiting(false);
    }
    throw new UsageError('Unreachable', `${this.source.name}: not reached within ${Math.round(this.#patienceMs / 1000)} s: ${why}`);
  }

  async #current(): Promise<ZooKeeper> {
    const former = this.#client;
    if (former !== null && former.state !== 'expired' && former.state !== 'closed') return former;
    if (former !== null) {
      this.#client = null;
      this.sessionsLost++;
      await this.source.close(former).catch(() => undefined);
    }
    const client = await this.source.open();
    this.#client = client;
    return client;
  }
}

/** The connection or the session failed: it is not known what became of a request, unless the error says so. */
export function isWeather(error: unknown): error is ZooError {
  return error instanceof ZooError && error.kind === 'weather';
}

/** Answers of a server that cannot serve just now: later the same request may succeed. */
const BUSY = new Set(['ThrottledOp', 'OperationTimeout', 'RequestTimeout', 'NotReadOnly', 'SessionExpired', 'UnknownSession']);

/** Whether the same request may be answered later. */
export function isPassing(error: unknown): boolean {
  return isWeather(error) || (error instanceof KeeperError && BUSY.has(error.code));
}
