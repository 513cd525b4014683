/**
 * A network of simulated TCP: each connection keeps its order, different ones overtake each other; connections can be
 * cut, and pairs of hosts can be parted, which is noticed only by silence. In: who listens, who connects, faults. Out:
 * calls of the ends' handlers. Must hold: all chance comes from the given source.
 */

import { below, type Random } from '../../../src/base/random.ts';
import type { Scheduler } from './scheduler.ts';

export interface SimHandler {
  onData(bytes: Uint8Array): void;
  onClose(): void;
}

/** One end of a connection. */
export interface SimSocket {
  /** The same number at both ends, and at no other connection. */
  readonly wire: number;
  write(bytes: Uint8Array): void;
  /** What was written still arrives; the other end then hears of the close. The own handler hears nothing more. */
  close(): void;
}

type Accept = (socket: SimSocket) => SimHandler | null;

type Arrival = (handler: SimHandler | null) => void;

interface End {
  readonly host: string;
  handler: SimHandler | null;
  /** Its host went down without a word. */
  dead: boolean;
  /** On the way to this end, in order. */
  readonly coming: { readonly atMs: number; readonly what: Arrival }[];
  /** Whether somebody looks after `coming`. */
  pumping: boolean;
}

interface Wire {
  readonly number: number;
  readonly ends: readonly [End, End];
  open: boolean;
}

const DELAY_MS = 20;
const SLOW_DELAY_MS = 400;
const SLOW_ONE_IN = 40;

export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #listeners = new Map<string, Accept>();
  readonly #parted = new Set<string>();
  #wires: Wire[] = [];
  #wireCount = 0;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** @param accept null refuses the connection @returns ends it; what was accepted stays */
  listen(host: string, port: number, accept: Accept): () => void {
    const key = `${host}:${port}`;
    this.#listeners.set(key, accept);
    return () => {
      if (this.#listeners.get(key) === accept) this.#listeners.delete(key);
    };
  }

  /** Opens a connection; `onOpen` gives the handler, `onFail` tells that nobody answers or refuses. */
  connect(from: string, to: { readonly host: string; readonly port: number }, timeoutMs: number, onOpen: (socket: SimSocket) => SimHandler, onFail: () => void): void {
    this.#scheduler.after(this.#delay(), () => {
      if (this.#apart(from, to.host)) {
        this.#scheduler.after(timeoutMs, onFail);
        return;
      }
      const accept = this.#listeners.get(`${to.host}:${to.port}`);
      if (accept === undefined) {
        this.#scheduler.after(this.#delay(), onFail);
        return;
      }
      const wire = this.#wire(from, to.host);
      const handler = accept(this.#socket(wire, 1));
      if (handler === null) this.#end(wire, 0);
      else wire.ends[1].handler = handler;
      this.#scheduler.after(this.#delay(), () => {
        if (wire.open) wire.ends[0].handler = onOpen(this.#socket(wire, 0));
        else onFail();
      });
    });
  }

  /** The host is gone: nobody listens; its connections end, or with `silently` are never heard of again. */
  crash(host: string, silently: boolean): void {
    for (const key of [...this.#listeners.keys()]) if (key.startsWith(`${host}:`)) this.#listeners.delete(key);
    for (const wire of this.#wires) {
      const own = wire.ends.find((end) => end.host === host);
      if (own === undefined || !wire.open) continue;
      own.handler = null;
      own.dead = silently;
      if (silently) continue;
      this.#end(wire, wire.ends[0] === own ? 1 : 0);
    }
  }

  part(a: string, b: string): void {
    this.#parted.add([a, b].sort().join(' '));
  }

  heal(): void {
    this.#parted.clear();
  }

  /** Cuts some of the connections that are open; both ends hear of it. */
  cutSome(): void {
    for (const wire of this.#wires) {
      if (!wire.open || below(this.#random, 3) > 0) continue;
      this.#end(wire, 0);
      this.#end(wire, 1);
    }
  }

  #wire(a: string, b: string): Wire {
    const end = (host: string): End => ({ host, handler: null, dead: false, coming: [], pumping: false });
    const wire: Wire = { number: ++this.#wireCount, ends: [end(a), end(b)], open: true };
    if (this.#wires.length > 200) this.#wires = this.#wires.filter(({ open }) => open);
    this.#wires.push(wire);
    return wire;
  }

  #socket(wire: Wire, self: 0 | 1): SimSocket {
    const other = self === 0 ? 1 : 0;
    return {
      wire: wire.number,
      write: (bytes) => {
        if (wire.ends[self].handler !== null || wire.open) this.#send(wire, other, (handler) => handler?.onData(bytes));
      },
      close: () => {
        wire.ends[self].handler = null;
        this.#end(wire, other);
      },
    };
  }

  #end(wire: Wire, to: 0 | 1): void {
    this.#send(wire, to, (handler) => {
      wire.open = false;
      wire.ends[to].handler = null;
      handler?.onClose();
    });
  }

  #send(wire: Wire, to: 0 | 1, what: Arrival): void {
    const end = wire.ends[to];
    const atMs = Math.max(end.coming.at(-1)?.atMs ?? 0, this.#scheduler.nowMs + this.#delay());
    end.coming.push({ atMs, what });
    if (end.pumping) return;
    end.pumping = true;
    this.#scheduler.after(atMs - this.#scheduler.nowMs, () => this.#pump(wire, to));
  }

  /** One after the other: what cannot arrive holds up all that is behind it, as TCP does while it tries again. */
  #pump(wire: Wire, to: 0 | 1): void {
    const end = wire.ends[to];
    const back = !end.dead || this.#isUp(end.host);
    if (!back || this.#apart(wire.ends[0].host, wire.ends[1].host)) {
      this.#scheduler.after(SLOW_DELAY_MS, () => this.#pump(wire, to));
      return;
    }
    const next = end.coming.shift();
    const behind = end.coming[0];
    end.pumping = behind !== undefined;
    if (behind !== undefined) this.#scheduler.after(Math.max(0, behind.atMs - this.#scheduler.nowMs), () => this.#pump(wire, to));
    // A host that is back does not know the connection, and resets it.
    if (end.dead) this.#end(wire, to === 0 ? 1 : 0);
    else next?.what(end.handler);
  }

  #isUp(host: string): boolean {
    for (const key of this.#listeners.keys()) if (key.startsWith(`${host}:`)) return true;
    return false;
  }

  #apart(a: string, b: string): boolean {
    return this.#parted.size > 0 && this.#parted.has([a, b].sort().join(' '));
  }

  #delay(): number {
    const most = below(this.#random, SLOW_ONE_IN) === 0 ? SLOW_DELAY_MS : DELAY_MS;
    return 1 + below(this.#random, most);
  }
}
