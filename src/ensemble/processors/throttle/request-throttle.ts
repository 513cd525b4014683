/**
 * The stage before all others, where it is switched on (RequestThrottler): lets only so many requests into the stages
 * at one time. Those that wait do so in order; what nobody waits for any more is dropped together with its
 * connection, and what waited too long is turned away in its turn.
 */

import type { CancelTimer, Clock } from '../../../base/clock.ts';
import { ErrorCode } from '../../../model/error-code.ts';
import type { ConnectionKey } from '../../watches/watch-tables.ts';
import { Op, type Request } from '../request.ts';
import type { ServerStats } from '../stats.ts';

export interface RequestThrottleOptions {
  /** Requests in the stages at one time; 0: no limit. */
  readonly requestsMax: number;
  readonly stallTimeMs: number;
  readonly dropStale: boolean;
  readonly staleByConnection: boolean;
  readonly staleByLatency: boolean;
  /** A request that waited longer is turned away; 0: none. */
  readonly waitTimeMs: number;
}

/** Who waits for a request. */
export interface Waiter {
  /** Nothing can be answered to it any more. */
  readonly ended: boolean;
  readonly timeoutMs: number;
  /** Closes the connection. */
  destroy(): void;
}

export interface RequestThrottleParts {
  readonly clock: Clock;
  readonly stats: ServerStats;
  /** Requests in the stages now. */
  readonly inProcess: () => number;
  /** Hands a request to the first stage. */
  readonly submit: (request: Request) => void;
  /** undefined: the connection is gone. */
  readonly waiter: (connection: ConnectionKey) => Waiter | undefined;
  /** A request will not be answered. */
  readonly dropped: (request: Request) => void;
}

interface Waiting {
  readonly request: Request;
  readonly sinceMs: number;
}

const NEVER_TURNED_AWAY: ReadonlySet<number> = new Set([Op.ping, Op.closeSession, Op.createSession]);

export class RequestThrottle {
  readonly #options: RequestThrottleOptions;
  readonly #parts: RequestThrottleParts;
  #waiting: Waiting[] = [];
  #next = 0;
  #timer: CancelTimer | null = null;
  #draining = false;

  constructor(options: RequestThrottleOptions, parts: RequestThrottleParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Requests that wait to be let in. */
  get size(): number {
    return this.#waiting.length - this.#next;
  }

  /** A request has come. */
  submit(request: Request): void {
    if (this.#options.requestsMax === 0) {
      this.#parts.submit(request);
      return;
    }
    this.#waiting.push({ request, sinceMs: this.#parts.clock.monotonicMs() });
    this.drain();
  }

  /** Lets in as many as there is room for; to be called when requests have left the stages. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      while (this.size > 0 && this.#step()) continue;
    } finally {
      this.#draining = false;
    }
    if (this.size === 0) {
      this.#waiting = [];
      this.#next = 0;
    } else {
      this.#wait();
    }
  }

  /** Forgets its timer. */
  stop(): void {
    this.#timer?.();
    this.#timer = null;
  }

  /** @returns false when the first of those that wait has to go on waiting */
  #step(): boolean {
    const { request, sinceMs } = this.#waiting[this.#next] as Waiting;
    const { clock, stats } = this.#parts;
    const waitedMs = clock.monotonicMs() - sinceMs;
    const stale = this.#isStale(request, waitedMs);
    if (stale && this.#options.dropStale) {
      this.#take();
      this.#drop(request);
      return true;
    }
    if (this.#parts.inProcess() >= this.#options.requestsMax) return false;
    this.#take();
    if (stale) stats.count('stale_requests');
    this.#parts.submit(this.#isTooLate(request, waitedMs) ? this.#turnedAway(request) : request);
    return true;
  }

  /** What was taken is not held on to; those before it are forgotten from time to time. */
  #take(): void {
    this.#next++;
    if (this.#next * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }

  #wait(): void {
    if (this.#timer !== null) return;
    this.#parts.stats.count('request_throttle_wait_count');
    this.#timer = this.#parts.clock.after(this.#options.stallTimeMs, () => {
      this.#timer = null;
      this.drain();
    });
  }

  /** A session's end has to be brought about whoever is gone. */
  #isStale({ connection, type }: Request, waitedMs: number): boolean {
    if (connection === null || type === Op.closeSession) return false;
    const waiter = this.#parts.waiter(connection);
    if (this.#options.staleByConnection && (waiter === undefined || waiter.ended)) return true;
    return this.#options.staleByLatency && waiter !== undefined && waitedMs > waiter.timeoutMs;
  }

  /** What its connection asked later must not be done either: a client's requests are done in order or not at all. */
  #drop(request: Request): void {
    this.#parts.stats.count('stale_requests_dropped');
    this.#parts.dropped(request);
    const { connection } = request;
    if (connection === null) return;
    this.#parts.waiter(connection)?.destroy();
    const rest = this.#waiting.slice(this.#next);
    this.#waiting = rest.filter((other) => other.request.connection !== connection);
    this.#next = 0;
    for (const other of rest) if (other.request.connection === connection) this.#parts.dropped(other.request);
  }

  #isTooLate({ connection, type }: Request, waitedMs: number): boolean {
    const { waitTimeMs } = this.#options;
    return connection !== null && waitTimeMs > 0 && waitedMs > waitTimeMs && !NEVER_TURNED_AWAY.has(type);
  }

  /** It goes through the stages as a read that nobody decides on, so that its answer keeps its place. */
  #turnedAway(request: Request): Request {
    this.#parts.stats.count('throttled_ops');
    return { ...request, type: Op.notification, refusal: ErrorCode.ThrottledOp };
  }
}
