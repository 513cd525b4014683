/**
 * Joins the session (what to do), the link (a socket) and the exchange (requests and replies), and keeps the one
 * timer. Carries out the session's effects in their order; decides nothing itself.
 */

import type { CancelTimer, Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { silentLogger, type Logger } from '../base/logger.ts';
import { onCancel } from '../base/signal.ts';
import {
  AuthFailedError, CancelledError, ConnectionLostError, SessionExpiredError, UsageError, type ZooError,
} from '../model/errors.ts';
import { KeeperState } from '../model/watch.ts';
import { encodeFrame, part } from '../wire/framing.ts';
import { ping } from '../wire/operations/session.ts';
import { ConnectRequest } from '../wire/records/connect.ts';
import { RequestHeader, Xid } from '../wire/records/headers.ts';
import type { AuthInfo, CallOptions, ClientOptions, ClientState, StateChange } from './api.ts';
import type { Call, CallWaiter } from './call.ts';
import { formatServer, type ConnectTarget } from './connect-string.ts';
import { Deliveries } from './deliveries.ts';
import { Exchange } from './exchange.ts';
import { goodbyeCall, renewalCalls } from './own-calls.ts';
import { readHandshake } from './handshake.ts';
import { Link } from './link.ts';
import { Session, type SessionEffects, type SessionInput } from './session.ts';
import { isEnded, isServing } from './session-phase.ts';
import { SESSION_TIMEOUT_MS_DEFAULT } from './session-timing.ts';
import type { ServerAddress } from './transport.ts';
import { Waiters } from './waiters.ts';
import { WritableSearch } from './writable-search.ts';

const IN_FLIGHT_MAX_DEFAULT = 128;
const QUEUED_MAX_DEFAULT = 100_000;
/** A timer this late means that the process or the machine stood still: what came meanwhile is read first. */
const LATE_MS = 500;
const LATE_GRACE_MS = 50;

/** Different reasons for failed attempts that are told within one outage. */
const TOLD_REASONS_MAX = 20;

const PING_FRAME = (): Uint8Array => encodeFrame(part(RequestHeader, { xid: Xid.PING, type: ping.code }));
const RESOLVED = Promise.resolve();

export class Engine {
  readonly stateChanges = new Emitter<StateChange>();
  readonly session: Session;
  readonly exchange: Exchange;
  readonly chroot: string;
  readonly requestBytesMax: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transport: ClientOptions['transport'];
  readonly #deliveries: Deliveries;
  readonly #search: WritableSearch;
  /** Who waits for a connection, and who for the end. */
  readonly #ready = new Waiters();
  readonly #ended = new Waiters();
  #link: Link | null = null;
  #cancelTimer: CancelTimer | null = null;
  #timerAtMs = Infinity;
  #graced = false;
  #flushDue = false;
  #closing = false;
  #announced: StateChange | null = null;
  readonly #toldReasons = new Set<string>();
  #failure: ZooError | null = null;
  #endReason = '';

  constructor(options: ClientOptions, target: ConnectTarget, requestBytesMax: number) {
    this.#clock = options.clock;
    this.#logger = options.logger ?? silentLogger;
    this.#transport = options.transport;
    this.#deliveries = new Deliveries(this.#logger);
    this.chroot = target.chroot;
    this.requestBytesMax = requestBytesMax;
    this.session = new Session(
      {
        servers: target.servers,
        keepServerOrder: options.keepServerOrder ?? false,
        sessionTimeoutMs: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS_DEFAULT,
        connectTimeoutMs: options.connectTimeoutMs ?? null,
        canBeReadOnly: options.canBeReadOnly ?? false,
        resume: options.session ?? null,
        random: options.random,
      },
      this.#clock.monotonicMs(),
    );
    this.exchange = new Exchange({
      limits: {
        inFlightMax: options.inFlightMax ?? IN_FLIGHT_MAX_DEFAULT,
        queuedMax: options.queuedMax ?? QUEUED_MAX_DEFAULT,
      },
      chroot: target.chroot,
      clock: this.#clock,
      logger: this.#logger,
      deliveries: this.#deliveries,
    });
    this.#search = new WritableSearch(this.#transport, this.#clock, (server) => {
      if (this.session.phase === 'connectedReadOnly') this.#step({ kind: 'leaveReadOnly', to: server });
    });
    for (const info of options.auth ?? []) this.exchange.auth.add(info);
  }

  get failure(): ZooError | null {
    return this.#failure;
  }

  /** Begins to connect. */
  start(): void {
    this.#step({ kind: 'tick' });
  }

  /** Queues a call, or rejects it when the client has ended or the signal came. */
  submit(call: Call, signal: CallOptions['signal']): void {
    if (this.#closing || isEnded(this.session.phase)) {
      call.reject(this.#endError());
      return;
    }
    if (signal?.aborted === true) {
      call.reject(new CancelledError());
      return;
    }
    try {
      this.exchange.add(call);
    } catch (error) {
      call.reject(error as ZooError);
      return;
    }
    if (signal !== undefined) call.unlisten = onCancel(signal, () => this.exchange.cancel(call));
    if (isServing(this.session.phase)) this.#flushSoon();
  }

  /** Sends a credential now and on each new connection. */
  addAuth(info: AuthInfo, waiter: CallWaiter): void {
    if (this.#closing || isEnded(this.session.phase)) {
      waiter.reject(this.#endError());
      return;
    }
    const entry = this.exchange.auth.add(info);
    entry.waiters.add(waiter);
    if (this.exchange.sendAuth(entry)) this.session.sent(this.#clock.monotonicMs());
  }

  /** The caller no longer waits; a credential that was sent stays, one that never was is forgotten. */
  cancelAuth(waiter: CallWaiter): void {
    const entry = this.exchange.auth.entries.find((each) => each.waiters.has(waiter));
    if (entry === undefined) return;
    entry.waiters.delete(waiter);
    waiter.reject(new CancelledError('cancelled; the credentials stay', entry.sent));
    if (!entry.sent && entry.waiters.size === 0) this.exchange.auth.remove(entry);
  }

  /** Whether requests are sent at once. */
  get connected(): boolean {
    return isServing(this.session.phase);
  }

  /** Calls a listener in order with replies and events. */
  tell(listener: () => void): void {
    this.#deliveries.push(listener);
  }

  /** Resolves once connected. */
  whenReady(options: CallOptions): Promise<void> {
    if (isServing(this.session.phase) && !this.#closing) return RESOLVED;
    if (this.#closing || isEnded(this.session.phase)) return Promise.reject(this.#endError());
    return this.#ready.wait(options.signal);
  }

  /** Closes the session on the server and ends the client. */
  close(): Promise<void> {
    if (isEnded(this.session.phase)) return RESOLVED;
    const ended = this.#ended.wait(undefined);
    if (!this.#closing) {
      this.#closing = true;
      this.#step({ kind: 'close' });
    }
    return ended;
  }

  /** Drops the connection and ends the client; the session lives on until it expires. */
  abandon(): void {
    this.#closing = true;
    this.#step({ kind: 'abandon' });
  }

  #step(input: SessionInput): void {
    this.session.lastZxid = this.exchange.lastZxid;
    const effects = this.session.step(input, this.#clock.monotonicMs());
    this.#carryOut(effects);
    this.#armTimer();
  }

  #carryOut(effects: SessionEffects): void {
    if (effects.drop === true) this.#drop();
    if (effects.lose !== undefined) this.#lose(effects.lose);
    if (effects.change !== undefined) this.#announce(effects.change.state, effects.change.reason);
    if (effects.connect !== undefined) this.#connect(effects.connect);
    if (effects.greet !== undefined) this.#write(encodeFrame(part(ConnectRequest, effects.greet)));
    if (effects.attach === true) this.#attach();
    if (effects.ping === true) this.#write(PING_FRAME());
    if (effects.goodbye === true) this.#goodbye();
    if (isEnded(this.session.phase)) this.#finish();
  }

  #connect(server: ServerAddress): void {
    const link = new Link(this.#transport, server, {
      onOpen: () => this.#step({ kind: 'opened' }),
      onHeard: () => {
        const nowMs = this.#clock.monotonicMs();
        this.session.heard(nowMs);
        this.exchange.heard(nowMs);
      },
      onFrame: (payload) => this.#received(link, payload),
      onPause: () => this.#flush(),
      onGone: (reason) => {
        this.#drop();
        this.#step({ kind: 'lost', reason });
      },
    });
    this.#link = link;
  }

  #received(link: Link, payload: Uint8Array): void {
    if (this.session.phase === 'greeting') {
      const answer = readHandshake(payload);
      if (answer.kind === 'welcome') {
        link.greeted();
        this.#step({ kind: 'welcomed', response: answer.response });
      } else {
        this.#drop();
        this.#step({ kind: 'lost', reason: `${formatServer(link.server)}: ${answer.reason}` });
      }
    } else if (this.exchange.receive(payload) === 'authRefused') {
      this.#step({ kind: 'authRefused', reason: `${formatServer(link.server)} refused the credentials` });
    }
  }

  /** Credentials first, so that watches are judged by them; then watches, so that no later reply overtakes an event. */
  #attach(): void {
    const link = this.#link as Link;
    this.exchange.attach(link.server, (bytes) => link.write(bytes));
    for (const entry of this.exchange.auth.entries) this.exchange.sendAuth(entry);
    const calls = renewalCalls(this.exchange.watches, this.exchange.lastZxid, this.requestBytesMax, this.#logger);
    for (const call of calls) this.exchange.sendNow(call);
    if (this.session.phase === 'connectedReadOnly') this.#search.start(this.session.servers);
    this.#ready.resolveAll();
    this.#flush();
  }

  #goodbye(): void {
    this.exchange.loseQueued(() => this.#endError());
    this.exchange.sendNow(goodbyeCall(() => {
      if (this.session.phase === 'closing') this.#step({ kind: 'closeAnswered' });
    }));
  }

  #drop(): void {
    this.#search.stop();
    this.exchange.detach();
    this.#link?.close();
    this.#link = null;
  }

  #lose(lost: { readonly reason: string; readonly unsent: boolean }): void {
    if (isEnded(this.session.phase)) this.#endReason = lost.reason;
    this.exchange.loseSent(() => new ConnectionLostError(`the connection was lost before the reply came: ${lost.reason}`, true));
    if (!lost.unsent) return;
    // As Apache's client does: a request must not take effect after an earlier one of the same caller was lost.
    this.exchange.loseQueued(() =>
      isEnded(this.session.phase)
        ? this.#endError()
        : new ConnectionLostError(`the connection was lost before the request was sent: ${lost.reason}`, false),
    );
  }

  #announce(state: ClientState, reason: string | null): void {
    const last = this.#announced;
    if (state !== 'connecting') this.#toldReasons.clear();
    else if (reason !== null) {
      // Attempts go on for as long as it takes: each reason is told once for each outage.
      if (this.#toldReasons.has(reason) || this.#toldReasons.size >= TOLD_REASONS_MAX) return;
      this.#toldReasons.add(reason);
    }
    const change: StateChange = {
      state,
      previous: last?.state ?? 'connecting',
      server: this.session.server,
      reason,
      atMs: this.#clock.wallMs(),
    };
    this.#announced = change;
    this.#logger.log('debug', `session ${state}`, { reason, server: this.session.server });
    this.#deliveries.push(() => this.stateChanges.emit(change));
  }

  #finish(): void {
    const { phase } = this.session;
    if (phase !== 'closed' && this.#failure === null) this.#failure = this.#endError();
    this.exchange.auth.end(() => this.#endError());
    if (phase === 'closed') this.exchange.watches.takeAll();
    else this.exchange.endWatches(phase === 'expired' ? KeeperState.Expired : KeeperState.AuthFailed);
    this.#ready.rejectAll(() => this.#endError());
    this.#ended.resolveAll();
  }

  #endError(): ZooError {
    if (this.session.phase === 'expired') return new SessionExpiredError(`the session has expired: ${this.#endReason}`);
    if (this.session.phase === 'authFailed') return new AuthFailedError(`the session has ended: ${this.#endReason}`);
    return new UsageError('Closed', 'the client is closed');
  }

  #write(bytes: Uint8Array): void {
    this.#link?.write(bytes);
    this.session.sent(this.#clock.monotonicMs());
  }

  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    void RESOLVED.then(() => this.#flush());
  }

  #flush(): void {
    this.#flushDue = false;
    if (!isServing(this.session.phase) || this.exchange.pending.queued === 0) return;
    this.exchange.flush();
    this.session.sent(this.#clock.monotonicMs());
  }

  #armTimer(): void {
    const dueMs = this.session.wakeAtMs;
    // Talking to the server only moves its limits away: the timer finds that out when it fires.
    if (this.#cancelTimer !== null && this.#timerAtMs <= dueMs && dueMs !== Infinity) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#timerAtMs = dueMs;
    if (dueMs === Infinity) return;
    const delayMs = Math.max(0, dueMs - this.#clock.monotonicMs());
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#woke());
  }

  #woke(): void {
    this.#cancelTimer = null;
    const lateMs = this.#clock.monotonicMs() - this.#timerAtMs;
    if (lateMs > LATE_MS && !this.#graced) {
      this.#graced = true;
      this.#cancelTimer = this.#clock.after(LATE_GRACE_MS, () => this.#woke());
      return;
    }
    this.#graced = false;
    this.#step({ kind: 'tick' });
  }
}
