/**
 * Requests on their way, in two queues: waiting to be sent, and waiting for a reply (facts 1.4, 2.3).
 * Must hold: replies answer requests in the order in which these were sent; none is sent twice; both queues
 * are bounded.
 */

import { invariant } from '../base/invariant.ts';
import { UsageError, WireError } from '../model/errors.ts';
import type { Call } from './call.ts';
import { Fifo } from './fifo.ts';

/** After this xid counting begins again at 1, as in Apache's client. */
const XID_MAX = 0x7fff_ffff;
/** Cancelled calls that may stay in the queue before it is swept. */
const STALE_MAX = 256;

export interface PendingLimits {
  readonly inFlightMax: number;
  readonly queuedMax: number;
}

export class PendingCalls {
  readonly #limits: PendingLimits;
  readonly #queued = new Fifo<Call>();
  readonly #sent = new Fifo<Call>();
  #stale = 0;
  #lastXid: number;

  /** @param lastXid where counting goes on from */
  constructor(limits: PendingLimits, lastXid = 0) {
    this.#limits = limits;
    this.#lastXid = lastXid;
  }

  get inFlight(): number {
    return this.#sent.length;
  }

  /** Waiting to be sent; cancelled ones do not count. */
  get queued(): number {
    return this.#queued.length - this.#stale;
  }

  /** @throws UsageError QueueFull */
  add(call: Call): void {
    if (this.queued >= this.#limits.queuedMax) {
      throw new UsageError('QueueFull', `${this.queued} requests wait to be sent already`);
    }
    this.#queued.push(call);
  }

  /** The next call that may be sent now, counted as sent from here on, with its frame. */
  takeNext(): { readonly call: Call; readonly frame: Uint8Array } | null {
    while (this.#queued.length > 0 && this.#sent.length < this.#limits.inFlightMax) {
      const call = this.#queued.shift() as Call;
      if (!call.settled) return { call, frame: this.takeNow(call) };
      this.#stale--;
    }
    return null;
  }

  /** Counts a call as sent past the queue and its limits: the client's own requests when a connection begins or ends. */
  takeNow(call: Call): Uint8Array {
    this.#lastXid = this.#lastXid >= XID_MAX ? 1 : this.#lastXid + 1;
    const frame = call.takeFrame(this.#lastXid);
    invariant(frame !== null, `a request was to be sent twice: ${call.kind.name}, xid ${call.xid}`);
    this.#sent.push(call);
    return frame;
  }

  /**
   * The call that a reply answers.
   *
   * @throws WireError when it is not the one whose turn it is
   */
  answered(xid: number): Call {
    const call = this.#sent.peek();
    if (call === undefined) throw new WireError(`a reply with xid ${xid} where none is due`);
    if (call.xid !== xid) throw new WireError(`a reply with xid ${xid} where ${call.xid} is due`);
    return this.#sent.shift() as Call;
  }

  /** Tells the queue that a call which waits to be sent was settled by its caller. */
  cancelled(): void {
    this.#stale++;
    if (this.#stale <= STALE_MAX || this.#stale < this.#queued.length / 2) return;
    this.#queued.keep((call) => !call.settled);
    this.#stale = 0;
  }

  /** Empties the queue of what was sent. */
  takeSent(): Call[] {
    return this.#sent.drain();
  }

  /** Empties the queue of what waits; cancelled ones are left out. */
  takeQueued(): Call[] {
    this.#stale = 0;
    return this.#queued.drain().filter((call) => !call.settled);
  }
}
