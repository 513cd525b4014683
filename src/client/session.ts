/**
 * The session as a pure machine: which server to try, the handshake, pings, time limits, expiry, closing
 * (facts 2.3; ClientCnxn.SendThread). In go inputs with the time, out come effects for the engine to carry out.
 * It knows nothing of requests and watches.
 *
 * Must hold: phases change only as the table in session-phase.ts says; a session that was once answered keeps
 * its id and password until it ends.
 */

import { invariant } from '../base/invariant.ts';
import type { Random } from '../base/random.ts';
import { PASSWORD_BYTES, type ConnectRequest, type ConnectResponse } from '../wire/records/connect.ts';
import type { ClientState } from './api.ts';
import { HostList } from './host-list.ts';
import { checkMove, isEnded, isServing, publicState, type Phase } from './session-phase.ts';
import { attemptLimitMs, closeLimitMs, expiryLimitMs, HELD_MS, pingEveryMs, readLimitMs } from './session-timing.ts';
import type { ServerAddress } from './transport.ts';

export interface SessionSettings {
  readonly servers: readonly ServerAddress[];
  readonly keepServerOrder: boolean;
  readonly sessionTimeoutMs: number;
  /** null: derived from the session timeout. */
  readonly connectTimeoutMs: number | null;
  readonly canBeReadOnly: boolean;
  /** A session to take up; null for a new one. */
  readonly resume: { readonly id: bigint; readonly password: Uint8Array } | null;
  readonly random: Random;
}

export type SessionInput =
  /** The socket is connected. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'welcomed'; readonly response: ConnectResponse }
  /** The connection ended, could not be made, or was given up. */
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'authRefused'; readonly reason: string }
  /** A server that takes writes was found while on a read-only one. */
  | { readonly kind: 'leaveReadOnly'; readonly to: ServerAddress }
  | { readonly kind: 'close' }
  | { readonly kind: 'closeAnswered' }
  | { readonly kind: 'abandon' }
  /** Time passed. */
  | { readonly kind: 'tick' };

/** To be carried out in this order. */
export interface SessionEffects {
  /** End the connection that is open or opening. */
  readonly drop?: true;
  /** What was sent will not be answered; `unsent`: what waits to be sent is given up as well. */
  readonly lose?: { readonly reason: string; readonly unsent: boolean };
  readonly change?: { readonly state: ClientState; readonly reason: string | null };
  readonly connect?: ServerAddress;
  readonly greet?: ConnectRequest;
  /** The handshake is done: send credentials, watches, then what waits. */
  readonly attach?: true;
  readonly ping?: true;
  readonly goodbye?: true;
}

const NONE: SessionEffects = {};

export class Session {
  readonly #settings: SessionSettings;
  readonly #hosts: HostList;
  #phase: Phase = 'resting';
  #state: ClientState = 'connecting';
  #next: ServerAddress;
  #server: ServerAddress | null = null;
  #sessionId = 0n;
  #password: Uint8Array = new Uint8Array(PASSWORD_BYTES);
  #timeoutMs = 0;
  /** Whether this session was ever confirmed by a server that takes writes: only then is its id shown to others. */
  #confirmed = false;
  #phaseUntilMs: number;
  #connectedAtMs = 0;
  #heardAtMs = 0;
  /** Until when the session was certainly looked after; it counts from here when there is no connection. */
  #aliveAtMs = 0;
  #sentAtMs = 0;
  /** The highest zxid of a reply. */
  lastZxid = 0n;

  /** Begins resting, with the first attempt due at once. */
  constructor(settings: SessionSettings, nowMs: number) {
    this.#settings = settings;
    this.#hosts = new HostList(settings.servers, settings.random, settings.keepServerOrder);
    this.#next = this.#hosts.next().address;
    this.#phaseUntilMs = nowMs;
    if (settings.resume === null) return;
    this.#sessionId = settings.resume.id;
    this.#password = settings.resume.password.slice();
    this.#confirmed = true;
  }

  get phase(): Phase {
    return this.#phase;
  }
  get state(): ClientState {
    return this.#state;
  }
  /** The server that the client is, or was last, connected to or trying. */
  get server(): ServerAddress | null {
    return this.#server;
  }
  get servers(): readonly ServerAddress[] {
    return this.#hosts.servers;
  }
  get sessionId(): bigint {
    return this.#sessionId;
  }
  get password(): Uint8Array {
    return this.#password;
  }
  /** Negotiated, ms; 0 before the first answer. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Bytes came from the server. */
  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
  }

  /** Bytes were sent to the server. */
  sent(nowMs: number): void {
    this.#sentAtMs = nowMs;
  }

  /** When the next tick is due; Infinity for never. */
  get wakeAtMs(): number {
    if (isEnded(this.#phase)) return Infinity;
    if (isServing(this.#phase)) return Math.min(this.#pingAtMs(), this.#readUntilMs());
    if (this.#phase === 'closing' || this.#phase === 'greeting') return this.#phaseUntilMs;
    return Math.min(this.#phaseUntilMs, this.#expiresAtMs());
  }

  /** @throws InvariantError when the input cannot come in this phase */
  step(input: SessionInput, nowMs: number): SessionEffects {
    if (isEnded(this.#phase)) return NONE;
    switch (input.kind) {
      case 'opened':
        return this.#opened(nowMs);
      case 'welcomed':
        return this.#welcomed(input.response, nowMs);
      case 'lost':
        return this.#lost(input.reason, nowMs, false);
      case 'leaveReadOnly':
        return this.#leaveReadOnly(input.to, nowMs);
      case 'authRefused':
        return this.#authRefused(input.reason);
      case 'close':
        return this.#close(nowMs);
      case 'closeAnswered':
        return this.#end('closed', 'closed');
      case 'abandon':
        return this.#end('closed', 'abandoned');
      case 'tick':
        return this.#tick(nowMs);
    }
  }

  #tick(nowMs: number): SessionEffects {
    if (isServing(this.#phase)) {
      if (nowMs >= this.#readUntilMs()) {
        return this.#lost(`nothing was heard for ${Math.round(nowMs - this.#heardAtMs)} ms`, nowMs, true);
      }
      return nowMs >= this.#pingAtMs() ? { ping: true } : NONE;
    }
    if (this.#phase === 'closing') {
      return nowMs >= this.#phaseUntilMs ? this.#end('closed', 'closed without an answer') : NONE;
    }
    if (this.#phase !== 'greeting' && nowMs >= this.#expiresAtMs()) {
      return this.#end('expired', `no server could be reached for ${Math.round(nowMs - this.#aliveAtMs)} ms`);
    }
    if (nowMs < this.#phaseUntilMs) return NONE;
    if (this.#phase === 'resting') return this.#open(nowMs);
    const what = this.#phase === 'opening' ? 'no connection' : 'no answer to the handshake';
    return this.#lost(`${what} within ${this.#attemptMs()} ms`, nowMs, true);
  }

  #open(nowMs: number): SessionEffects {
    this.#move('opening');
    this.#server = this.#next;
    this.#phaseUntilMs = nowMs + this.#attemptMs();
    return { connect: this.#next };
  }

  #opened(nowMs: number): SessionEffects {
    this.#move('greeting');
    this.#phaseUntilMs = nowMs + this.#attemptMs();
    return {
      greet: {
        protocolVersion: 0,
        lastZxidSeen: this.lastZxid,
        timeoutMs: this.#settings.sessionTimeoutMs,
        // A read-only server's session is its own: no other server knows it (facts 2.2).
        sessionId: this.#confirmed ? this.#sessionId : 0n,
        password: this.#confirmed ? this.#password : new Uint8Array(PASSWORD_BYTES),
        readOnly: this.#settings.canBeReadOnly,
      },
    };
  }

  #welcomed(response: ConnectResponse, nowMs: number): SessionEffects {
    invariant(this.#phase === 'greeting', `a handshake was answered while ${this.#phase}`);
    if (response.timeoutMs <= 0) return this.#end('expired', 'the server does not know the session any more');
    const readOnly = response.readOnly === true;
    this.#confirmed ||= !readOnly;
    this.#sessionId = response.sessionId;
    this.#password = (response.password ?? new Uint8Array(PASSWORD_BYTES)).slice();
    this.#timeoutMs = response.timeoutMs;
    this.#connectedAtMs = nowMs;
    this.#heardAtMs = nowMs;
    this.#sentAtMs = nowMs;
    this.#move(readOnly ? 'connectedReadOnly' : 'connected');
    return { change: { state: this.#state, reason: null }, attach: true };
  }

  /** @param drop whether the connection is still there */
  #lost(reason: string, nowMs: number, drop: boolean): SessionEffects {
    if (this.#phase === 'closing') return this.#end('closed', 'closed');
    const wasServing = isServing(this.#phase);
    // One that goes down at once each time must not be hammered: only a connection that held ends the round.
    if (wasServing && nowMs - this.#connectedAtMs >= HELD_MS) this.#hosts.held();
    // Where this comes late because the process stood still, time is left to ask a server before the session is given up.
    if (wasServing) this.#aliveAtMs = Math.max(this.#heardAtMs, nowMs - readLimitMs(this.#timeoutMs));
    const attempt = this.#hosts.next();
    this.#move('resting');
    this.#next = attempt.address;
    this.#phaseUntilMs = nowMs + attempt.delayMs;
    return {
      ...(drop ? { drop } : {}),
      ...(wasServing ? { lose: { reason, unsent: true } } : {}),
      change: { state: this.#state, reason },
    };
  }

  #leaveReadOnly(to: ServerAddress, nowMs: number): SessionEffects {
    invariant(this.#phase === 'connectedReadOnly', `a read-only server is left while ${this.#phase}`);
    const effects = this.#lost('a server that takes writes was found', nowMs, true);
    this.#hosts.choose(to);
    this.#next = to;
    this.#phaseUntilMs = nowMs;
    return effects;
  }

  #authRefused(reason: string): SessionEffects {
    if (this.#phase === 'closing') return NONE;
    return this.#end('authFailed', reason);
  }

  #close(nowMs: number): SessionEffects {
    if (this.#phase === 'closing') return NONE;
    if (!isServing(this.#phase)) return this.#end('closed', 'closed');
    this.#move('closing');
    this.#phaseUntilMs = nowMs + closeLimitMs(this.#timeoutMs);
    return { goodbye: true };
  }

  #end(phase: 'expired' | 'authFailed' | 'closed', reason: string): SessionEffects {
    this.#move(phase);
    return { drop: true, lose: { reason, unsent: true }, change: { state: this.#state, reason } };
  }

  #move(to: Phase): void {
    checkMove(this.#phase, to);
    this.#phase = to;
    this.#state = publicState(to, this.#state);
  }

  #attemptMs(): number {
    return attemptLimitMs(this.#settings, this.#timeoutMs);
  }
  #pingAtMs(): number {
    return this.#sentAtMs + pingEveryMs(this.#timeoutMs);
  }
  #readUntilMs(): number {
    return this.#heardAtMs + readLimitMs(this.#timeoutMs);
  }
  #expiresAtMs(): number {
    // A session that was taken up and not answered yet has no timeout to go by.
    return this.#confirmed && this.#timeoutMs > 0 ? this.#aliveAtMs + expiryLimitMs(this.#timeoutMs) : Infinity;
  }
}
