/**
 * Credentials: sent when they are added, and again on each new connection (facts 1.15, 2.3). Their replies carry
 * an xid of their own and stand outside of the order of the others.
 */

import { equalBytes } from '../base/bytes.ts';
import { WireError, type ZooError } from '../model/errors.ts';
import { encodeFrame, part } from '../wire/framing.ts';
import { auth as authOperation } from '../wire/operations/session.ts';
import { AuthPacket, RequestHeader, Xid } from '../wire/records/headers.ts';
import type { AuthInfo } from './api.ts';
import type { CallWaiter } from './call.ts';
import { Fifo } from './fifo.ts';

export interface AuthEntry {
  readonly info: AuthInfo;
  readonly frame: Uint8Array;
  readonly waiters: Set<CallWaiter>;
  /** Whether it was ever sent. */
  sent: boolean;
}

/** One credential on its way. */
export interface SentAuth {
  readonly entry: AuthEntry;
  readonly sentAtMs: number;
}

export class AuthList {
  readonly #entries: AuthEntry[] = [];
  readonly #sent = new Fifo<SentAuth>();

  /** Keeps a credential; the same one is kept once. */
  add(info: AuthInfo): AuthEntry {
    const known = this.#entries.find((each) => sameAuth(each.info, info));
    if (known !== undefined) return known;
    const kept = { scheme: info.scheme, auth: info.auth.slice() };
    const entry: AuthEntry = { info: kept, frame: authFrame(kept), waiters: new Set(), sent: false };
    this.#entries.push(entry);
    return entry;
  }

  /** Forgets a credential that was never sent. */
  remove(entry: AuthEntry): void {
    const index = this.#entries.indexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
  }

  get entries(): readonly AuthEntry[] {
    return this.#entries;
  }

  /** Counts one as sent, and gives its frame. */
  send(entry: AuthEntry, nowMs: number): Uint8Array {
    this.#sent.push({ entry, sentAtMs: nowMs });
    entry.sent = true;
    return entry.frame;
  }

  /** @throws WireError when no reply is due */
  answered(): SentAuth {
    const sent = this.#sent.shift();
    if (sent === undefined) throw new WireError('a reply to credentials that were not sent');
    return sent;
  }

  /** The connection is gone; what was not confirmed is sent again on the next one. */
  lost(): void {
    this.#sent.drain();
  }

  /** The session is over. */
  end(error: () => ZooError): void {
    this.#sent.drain();
    for (const entry of this.#entries) {
      for (const waiter of [...entry.waiters]) waiter.reject(error());
      entry.waiters.clear();
    }
    this.#entries.length = 0;
  }
}

function sameAuth(a: AuthInfo, b: AuthInfo): boolean {
  return a.scheme === b.scheme && equalBytes(a.auth, b.auth);
}

function authFrame(info: AuthInfo): Uint8Array {
  return encodeFrame(
    part(RequestHeader, { xid: Xid.AUTH, type: authOperation.code }),
    part(AuthPacket, { type: 0, scheme: info.scheme, auth: info.auth }),
  );
}
