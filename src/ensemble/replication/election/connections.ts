/**
 * The connections of an election (facts 5.2; QuorumCnxManager): one for each pair of servers, opened by the one with
 * the larger id. In: messages to send, and what the network does. Out: what the network shall do, and messages that
 * came. Must hold: never more than one message waits for a server, and it is the newest.
 */

import type { Logger } from '../../../base/logger.ts';
import { ElectionFrameDecoder, electionFrame } from '../../../wire/quorum/election-frame.ts';
import { GreetingReader, encodeGreeting, type Greeting } from '../../../wire/quorum/election-greeting.ts';
import { QuorumWireError } from '../../../wire/quorum/quorum-wire-error.ts';
import type { AuthEnd, AuthExchange, AuthProgress, PeerAuth } from '../quorum/peer-auth.ts';
import type { Endpoint } from '../quorum/server-spec.ts';
import type { ElectionLink, NetworkEffect, NetworkInput } from './network.ts';
import { UnreachedMembers } from './unreached-members.ts';

export interface ConnectionsOptions {
  readonly sid: bigint;
  /** Where other servers reach the election port of this one, as it greets them. */
  readonly ownAddresses: readonly Endpoint[];
  /** multiAddress.enabled: greetings tell all addresses. */
  readonly multiAddress: boolean;
  /** The election addresses of a member, in the order to be tried; none when it is no member. */
  readonly addressesOf: (sid: bigint) => readonly Endpoint[];
  /** How long one attempt may take (cnxTimeout). */
  readonly connectTimeoutMs: number;
  /** How long a caller may take to greet: syncLimit ticks. */
  readonly greetingTimeoutMs: number;
  /** How servers prove who they are behind the greeting; absent when they need not. */
  readonly auth?: PeerAuth | undefined;
  readonly logger: Logger;
}

export interface ConnectionsEffects {
  readonly network: readonly NetworkEffect[];
  readonly delivered: readonly { readonly sid: bigint; readonly payload: Uint8Array }[];
}

/** How many callers may be silent, and how many strangers may stay connected, at once. */
export const STRANGERS_MAX = 64;
/** QuorumPeer.OBSERVER_ID: a caller that has no id of its own. */
const NO_ID = 0x7fff_ffff_ffff_ffffn;

interface Caller {
  readonly reader: GreetingReader;
  readonly deadlineMs: number;
}

/** Somebody who has greeted, or was greeted, and of whom it is not known yet whether it is who it says. */
interface Proving {
  readonly sid: bigint;
  readonly exchange: AuthExchange;
  readonly deadlineMs: number;
  readonly passed: () => void;
}

interface Peer {
  readonly sid: bigint;
  readonly link: ElectionLink;
  readonly frames: ElectionFrameDecoder;
  /** Something is being written. */
  busy: boolean;
}

export class ElectionConnections {
  readonly #options: ConnectionsOptions;
  readonly #callers = new Map<ElectionLink, Caller>();
  readonly #proving = new Map<ElectionLink, Proving>();
  readonly #byLink = new Map<ElectionLink, Peer>();
  readonly #bySid = new Map<bigint, Peer>();
  readonly #connecting = new Set<bigint>();
  /** The one message that waits for each server that was ever spoken to; null when it has gone. */
  readonly #waiting = new Map<bigint, Uint8Array | null>();
  readonly #lastSent = new Map<bigint, Uint8Array>();
  readonly #unreached: UnreachedMembers;
  #anonymous = -1n;
  #network: NetworkEffect[] = [];
  #delivered: { sid: bigint; payload: Uint8Array }[] = [];

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#unreached = new UnreachedMembers(options.logger);
  }

  /** True when nothing waits for at least one server (haveDelivered): the messages so far may have been lost. */
  get haveDelivered(): boolean {
    for (const message of this.#waiting.values()) if (message === null) return true;
    return false;
  }

  connectedTo(sid: bigint): boolean {
    return this.#bySid.has(sid);
  }

  /** When `tick` must be called at the latest; null for never. */
  get deadlineMs(): number | null {
    let first: number | null = null;
    for (const { deadlineMs } of [...this.#callers.values(), ...this.#proving.values()]) first = first === null ? deadlineMs : Math.min(first, deadlineMs);
    return first;
  }

  /** Puts a message in place of the one that waits, and connects if need be (toSend). */
  send(sid: bigint, payload: Uint8Array): ConnectionsEffects {
    this.#waiting.set(sid, payload);
    const peer = this.#bySid.get(sid);
    if (peer !== undefined) this.#pump(peer);
    else this.#connect(sid, this.#options.addressesOf(sid));
    return this.#take();
  }

  /** Connects to every server that was ever spoken to and is not connected (connectAll). */
  connectAll(): ConnectionsEffects {
    for (const sid of this.#waiting.keys()) this.#connect(sid, this.#options.addressesOf(sid));
    return this.#take();
  }

  /** What the network did. */
  step(input: NetworkInput, nowMs: number): ConnectionsEffects {
    switch (input.kind) {
      case 'accepted':
        this.#accepted(input.link, nowMs);
        break;
      case 'connected':
        this.#connected(input.sid, input.link, nowMs);
        break;
      case 'connectFailed':
        this.#connecting.delete(input.sid);
        this.#forgetStranger(input.sid);
        if (input.reason !== undefined && !this.#isStranger(input.sid)) this.#unreached.failed(input.sid, input.reason, nowMs);
        break;
      case 'data':
        this.#data(input.link, input.bytes, nowMs);
        break;
      case 'flushed': {
        const peer = this.#byLink.get(input.link);
        if (peer !== undefined) {
          peer.busy = false;
          this.#pump(peer);
        }
        break;
      }
      case 'closed':
        this.#callers.delete(input.link);
        this.#giveUp(input.link, 'the connection was closed');
        this.#forget(input.link);
    }
    return this.#take();
  }

  /** Drops callers that have not greeted in time, and those who have not proved who they are. */
  tick(nowMs: number): ConnectionsEffects {
    for (const [link, { deadlineMs }] of this.#proving) {
      if (deadlineMs <= nowMs) this.#giveUp(link, 'it took too long');
    }
    for (const [link, { deadlineMs }] of this.#callers) {
      if (deadlineMs <= nowMs) this.#refuse(link, 'it did not say who it is');
    }
    return this.#take();
  }

  #accepted(link: ElectionLink, nowMs: number): void {
    this.#callers.set(link, { reader: new GreetingReader(), deadlineMs: nowMs + this.#options.greetingTimeoutMs });
    if (this.#callers.size + this.#proving.size <= STRANGERS_MAX) return;
    // A member greets at once: the one that has been silent for the longest is none.
    const [oldest = link] = this.#callers.keys();
    this.#refuse(oldest, 'too many callers have not said who they are');
  }

  #connected(sid: bigint, link: ElectionLink, nowMs: number): void {
    const { multiAddress, ownAddresses, sid: own, auth } = this.#options;
    const greeting: Greeting = { version: multiAddress ? 2 : 1, sid: own, addresses: ownAddresses };
    this.#network.push({ kind: 'write', link, bytes: encodeGreeting(greeting) });
    const exchange = this.#isStranger(sid) ? null : auth?.caller?.() ?? null;
    if (exchange !== null) {
      this.#prove(link, sid, exchange, nowMs, () => this.#called(sid, link, false));
      return;
    }
    this.#called(sid, link, true);
  }

  /** The larger id keeps the connection that it opened: the smaller one only asks to be called. */
  #called(sid: bigint, link: ElectionLink, busy: boolean): void {
    this.#connecting.delete(sid);
    if (sid > this.#options.sid) this.#network.push({ kind: 'close', link });
    else this.#adopt(sid, link, busy);
  }

  #data(link: ElectionLink, bytes: Uint8Array, nowMs: number): void {
    const caller = this.#callers.get(link);
    try {
      if (caller === undefined) {
        this.#said(link, bytes);
        return;
      }
      const done = caller.reader.push(bytes);
      if (done === null) return;
      this.#callers.delete(link);
      this.#greeted(link, done.greeting, nowMs);
      if (done.rest.length > 0) this.#said(link, done.rest);
    } catch (error) {
      if (!(error instanceof QuorumWireError)) throw error;
      this.#refuse(link, error.message);
    }
  }

  #greeted(link: ElectionLink, { sid: said, addresses }: Greeting, nowMs: number): void {
    const sid = said === NO_ID ? this.#anonymous-- : said;
    const { auth } = this.#options;
    if (auth === undefined) this.#caller(link, sid, addresses);
    else this.#prove(link, sid, auth.called(), nowMs, () => this.#caller(link, sid, addresses));
  }

  #prove(link: ElectionLink, sid: bigint, exchange: AuthExchange, nowMs: number, passed: () => void): void {
    this.#proving.set(link, { sid, exchange, passed, deadlineMs: nowMs + this.#options.greetingTimeoutMs });
    this.#progress(link, exchange.begin());
  }

  #progress(link: ElectionLink, { send, end }: AuthProgress): void {
    for (const bytes of send) this.#network.push({ kind: 'write', link, bytes });
    if (end !== null) this.#proved(link, end);
  }

  #proved(link: ElectionLink, end: AuthEnd): void {
    const proving = this.#proving.get(link);
    if (proving === undefined) return;
    this.#proving.delete(link);
    if (!end.passed) {
      this.#connecting.delete(proving.sid);
      this.#refuse(link, end.reason, proving.sid);
      return;
    }
    proving.passed();
    if (end.rest.length > 0) this.#frames(link, end.rest);
  }

  #giveUp(link: ElectionLink, reason: string): void {
    const proving = this.#proving.get(link);
    if (proving !== undefined) this.#proved(link, proving.exchange.giveUp(reason));
  }

  /** A caller is who it says, as far as that is asked for. */
  #caller(link: ElectionLink, sid: bigint, addresses: readonly Endpoint[]): void {
    const { sid: own, logger, addressesOf } = this.#options;
    if (sid === own) {
      logger.log('warn', 'another server has the id of this one, or this one calls itself', { sid });
      this.#network.push({ kind: 'close', link });
      return;
    }
    if (this.#isStranger(sid) && this.#strangers() >= STRANGERS_MAX) {
      this.#refuse(link, 'too many servers that are no members are connected');
      return;
    }
    if (sid > own) {
      this.#adopt(sid, link, false);
      return;
    }
    // It may have lost the connection that this server believes to have, so that one goes as well.
    const before = this.#bySid.get(sid);
    if (before !== undefined) this.#close(before);
    this.#network.push({ kind: 'close', link });
    this.#connect(sid, addresses.length > 0 ? addresses : addressesOf(sid));
  }

  #said(link: ElectionLink, bytes: Uint8Array): void {
    const proving = this.#proving.get(link);
    if (proving === undefined) this.#frames(link, bytes);
    else this.#progress(link, proving.exchange.push(bytes));
  }

  #frames(link: ElectionLink, bytes: Uint8Array): void {
    const peer = this.#byLink.get(link);
    if (peer === undefined) return;
    for (const payload of peer.frames.push(bytes)) this.#delivered.push({ sid: peer.sid, payload });
  }

  /** Takes a connection as the one to this server. @param busy the greeting is still being written */
  #adopt(sid: bigint, link: ElectionLink, busy: boolean): void {
    const before = this.#bySid.get(sid);
    if (before !== undefined) this.#close(before);
    this.#unreached.reached(sid);
    const peer: Peer = { sid, link, frames: new ElectionFrameDecoder(), busy };
    this.#byLink.set(link, peer);
    this.#bySid.set(sid, peer);
    // What was sent last may have been lost with the connection before: it is said again unless something newer waits.
    const waiting = this.#waiting.get(sid) ?? null;
    this.#waiting.set(sid, waiting ?? this.#lastSent.get(sid) ?? null);
    this.#pump(peer);
  }

  #pump(peer: Peer): void {
    const payload = this.#waiting.get(peer.sid) ?? null;
    if (peer.busy || payload === null) return;
    this.#waiting.set(peer.sid, null);
    this.#lastSent.set(peer.sid, payload);
    peer.busy = true;
    this.#network.push({ kind: 'write', link: peer.link, bytes: electionFrame(payload) });
  }

  #connect(sid: bigint, addresses: readonly Endpoint[]): void {
    if (this.#bySid.has(sid) || this.#connecting.has(sid)) return;
    if (addresses.length === 0) {
      this.#options.logger.log('warn', 'a server that is no member cannot be called', { sid });
      this.#forgetStranger(sid);
      return;
    }
    this.#connecting.add(sid);
    this.#network.push({ kind: 'connect', sid, addresses, timeoutMs: this.#options.connectTimeoutMs });
  }

  #refuse(link: ElectionLink, reason: string, sid: bigint | null = this.#byLink.get(link)?.sid ?? null): void {
    this.#options.logger.log('warn', `an election connection is closed: ${reason}`, { sid });
    this.#callers.delete(link);
    this.#forget(link);
    this.#network.push({ kind: 'close', link });
  }

  #close(peer: Peer): void {
    this.#forget(peer.link);
    this.#network.push({ kind: 'close', link: peer.link });
  }

  #forget(link: ElectionLink): void {
    const peer = this.#byLink.get(link);
    if (peer === undefined) return;
    this.#byLink.delete(link);
    if (this.#bySid.get(peer.sid) === peer) this.#bySid.delete(peer.sid);
    this.#forgetStranger(peer.sid);
  }

  /** Of members something is kept for their next connection, of strangers nothing. */
  #forgetStranger(sid: bigint): void {
    if (!this.#isStranger(sid) || this.#bySid.has(sid)) return;
    this.#waiting.delete(sid);
    this.#lastSent.delete(sid);
  }

  #isStranger(sid: bigint): boolean {
    return this.#options.addressesOf(sid).length === 0;
  }

  #strangers(): number {
    const all = new Set([...this.#bySid.keys(), ...this.#connecting]);
    return [...all].filter((sid) => this.#isStranger(sid)).length;
  }

  #take(): ConnectionsEffects {
    const effects = { network: this.#network, delivered: this.#delivered };
    this.#network = [];
    this.#delivered = [];
    return effects;
  }
}
