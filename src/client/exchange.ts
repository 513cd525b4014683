/**
 * Requests out, replies and events in, over whichever connection there is. In go calls and the payloads of frames,
 * out come bytes to send, settled calls and fired watches. It knows nothing of sockets and time limits.
 *
 * Must hold: every call is settled exactly once; none is sent twice; replies answer calls in the order in which
 * these were sent; a watch stands in the registry before its reply is told, and an event takes it out before any
 * later reply is told.
 */

import { concatBytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import { ErrorCode } from '../model/error-code.ts';
import { AuthFailedError, CancelledError, KeeperError, WireError, ZooError } from '../model/errors.ts';
import { EventType, type KeeperState } from '../model/watch.ts';
import { JuteReader } from '../wire/jute/jute-reader.ts';
import { WatcherEvent, Xid } from '../wire/records/headers.ts';
import type { ReplyInfo, RequestRecord, WatchedEvent } from './api.ts';
import { AuthList, type AuthEntry } from './auth-list.ts';
import type { Call } from './call.ts';
import { withoutChroot } from './chroot.ts';
import type { Deliveries } from './deliveries.ts';
import { PendingCalls, type PendingLimits } from './pending.ts';
import { requestRecord } from './request-record.ts';
import type { ServerAddress } from './transport.ts';
import { WatchRegistry } from './watch-registry.ts';

/** Small frames are gathered up to about this many bytes: one write costs more than copying them. */
const WRITE_BYTES = 64 * 1024;

const joined = (frames: readonly Uint8Array[]): Uint8Array =>
  frames.length === 1 ? (frames[0] as Uint8Array) : concatBytes(frames);

export interface ExchangeOptions {
  readonly limits: PendingLimits;
  readonly chroot: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deliveries: Deliveries;
}

/** What a frame told about the session. */
export type Told = 'nothing' | 'authRefused';

export class Exchange {
  readonly requests = new Emitter<RequestRecord>();
  readonly watchEvents = new Emitter<WatchedEvent>();
  readonly watches = new WatchRegistry();
  readonly auth = new AuthList();
  readonly pending: PendingCalls;
  readonly #options: ExchangeOptions;
  #send: ((bytes: Uint8Array) => void) | null = null;
  #server: ServerAddress | null = null;
  #nowMs = 0;
  #wallMs = 0;
  /** The highest zxid of a reply. */
  lastZxid = 0n;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.pending = new PendingCalls(options.limits);
  }

  /** Waits in the queue from now on. @throws UsageError QueueFull */
  add(call: Call): void {
    this.pending.add(call);
  }

  /** A connection is there: from now on calls are sent through it. */
  attach(server: ServerAddress, send: (bytes: Uint8Array) => void): void {
    this.#server = server;
    this.#send = send;
  }

  /** Sends what may be sent, several requests in one write. */
  flush(): void {
    const send = this.#send;
    if (send === null || this.pending.queued === 0) return;
    const nowMs = this.#options.clock.monotonicMs();
    let frames: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const next = this.pending.takeNext();
      if (next === null) break;
      next.call.sentAtMs = nowMs;
      frames.push(next.frame);
      bytes += next.frame.length;
      if (bytes >= WRITE_BYTES) {
        send(joined(frames));
        frames = [];
        bytes = 0;
      }
    }
    if (bytes > 0) send(joined(frames));
  }

  /** Sends one of the client's own requests, past the queue and its limits. */
  sendNow(call: Call): void {
    call.sentAtMs = this.#options.clock.monotonicMs();
    this.#send?.(this.pending.takeNow(call));
  }

  /** Sends a credential, if there is a connection. @returns whether it was sent */
  sendAuth(entry: AuthEntry): boolean {
    if (this.#send === null) return false;
    this.#send(this.auth.send(entry, this.#options.clock.monotonicMs()));
    return true;
  }

  /** A chunk is about to be read: its replies all came now. */
  heard(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#wallMs = this.#options.clock.wallMs();
  }

  /** Takes the payload of one frame behind the handshake. @throws WireError when it is malformed or out of turn */
  receive(payload: Uint8Array): Told {
    const reader = new JuteReader(payload);
    const xid = reader.int();
    const zxid = reader.long();
    const err = reader.int();
    if (xid === Xid.NOTIFICATION) this.#notified(reader, zxid);
    else if (xid === Xid.AUTH) return this.#authAnswered(err, payload.length);
    else if (xid !== Xid.PING) this.#answered(xid, zxid, err, reader, payload.length);
    return 'nothing';
  }

  /** Ends a call that its caller gave up. */
  cancel(call: Call): void {
    if (call.settled) return;
    const sent = call.xid !== 0;
    call.reject(new CancelledError(sent ? 'cancelled; the request was already sent' : 'cancelled', sent));
    if (sent) return;
    call.frame = null;
    this.pending.cancelled();
    this.#record(call, 0, null, 'cancelled', null);
  }

  /** The connection is gone: nothing can be sent until the next attach. */
  detach(): void {
    this.#send = null;
    this.auth.lost();
  }

  /** Rejects what was sent and not answered. */
  loseSent(error: () => ZooError): void {
    for (const call of this.pending.takeSent()) this.#lose(call, error);
  }

  /** Rejects what waits to be sent. */
  loseQueued(error: () => ZooError): void {
    for (const call of this.pending.takeQueued()) this.#lose(call, error);
  }

  /** The session is over: every watcher is told so, once, and forgotten. */
  endWatches(state: KeeperState): void {
    const event: WatchedEvent = { type: EventType.None, state, path: null, zxid: null };
    for (const watcher of this.watches.takeAll()) this.#options.deliveries.push(() => watcher(event));
  }

  #lose(call: Call, error: () => ZooError): void {
    const late = call.settled;
    const failure = error();
    call.reject(failure);
    this.#record(call, 0, null, late ? 'cancelled' : failure.message, null);
  }

  #answered(xid: number, zxid: bigint, err: number, reader: JuteReader, bytes: number): void {
    const call = this.pending.answered(xid);
    if (zxid > this.lastZxid) this.lastZxid = zxid;
    const cancelled = call.settled;
    if (!cancelled) this.#settle(call, zxid, err, reader);
    this.#record(call, bytes, err, cancelled ? 'cancelled' : null, zxid);
  }

  #settle(call: Call, zxid: bigint, err: number, reader: JuteReader): void {
    const reply: ReplyInfo = { zxid, server: this.#server as ServerAddress, atMs: this.#wallMs };
    try {
      const value = err === 0 ? call.kind.finish(reader, call, reply) : call.kind.recover?.(err, call, reply);
      if (err !== 0 && value === undefined) {
        call.reject(new KeeperError(err, call.path));
        return;
      }
      this.#register(call, err);
      call.resolve(value);
    } catch (error) {
      if (!(error instanceof ZooError)) throw error;
      call.reject(error);
      // A part that failed is an answer; a body that cannot be read puts the whole connection in doubt.
      if (error instanceof WireError) throw error;
    }
  }

  /** Only a request that succeeded leaves its watch (facts 2.3); exists also leaves one where no node is. */
  #register(call: Call, err: number): void {
    if (call.watch === null) return;
    const { kind, watcher } = call.watch;
    this.watches.add(err === ErrorCode.NoNode ? 'exist' : kind, call.serverPath, watcher);
  }

  #notified(reader: JuteReader, zxid: bigint): void {
    const { type, state, path } = WatcherEvent.read(reader);
    const event: WatchedEvent = {
      type: type as WatchedEvent['type'],
      state: state as KeeperState,
      path: withoutChroot(this.#options.chroot, path),
      zxid: zxid > 0n ? zxid : null,
    };
    const watchers = this.watches.fire(type, path);
    const { deliveries } = this.#options;
    deliveries.push(() => {
      for (const watcher of watchers) deliveries.guard(() => watcher(event));
      this.watchEvents.emit(event);
    });
  }

  #authAnswered(err: number, bytes: number): Told {
    const { entry, sentAtMs } = this.auth.answered();
    this.#recordAuth(entry, sentAtMs, bytes, err);
    const waiters = [...entry.waiters];
    entry.waiters.clear();
    if (err === ErrorCode.Ok) {
      for (const waiter of waiters) waiter.resolve(undefined);
      return 'nothing';
    }
    const message = `the server refused the credentials of scheme ${entry.info.scheme}`;
    for (const waiter of waiters) waiter.reject(new AuthFailedError(message));
    return 'authRefused';
  }

  #record(call: Call, bytesIn: number, err: number | null, failure: string | null, zxid: bigint | null): void {
    if (this.requests.size === 0) return;
    const latencyMs = call.xid === 0 ? null : (err === null ? this.#options.clock.monotonicMs() : this.#nowMs) - call.sentAtMs;
    const atMs = this.#options.clock.wallMs();
    const record = requestRecord(call, { bytesIn, err, failure, zxid, latencyMs, server: this.#server, atMs });
    this.#options.deliveries.guard(() => this.requests.emit(record));
  }

  #recordAuth(entry: AuthEntry, sentAtMs: number, bytesIn: number, err: number): void {
    if (this.requests.size === 0) return;
    this.#options.deliveries.guard(() =>
      this.requests.emit({
        xid: Xid.AUTH,
        operation: 'auth',
        path: null,
        bytesOut: entry.frame.length,
        bytesIn,
        latencyMs: this.#nowMs - sentAtMs,
        err,
        failure: null,
        zxid: null,
        server: this.#server,
        atMs: this.#wallMs,
      }),
    );
  }
}
