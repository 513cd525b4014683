/**
 * A client of the simulated ensemble: a session that moves from server to server, several requests in flight, watches
 * that it sets again. It writes down all that it asks and hears, to be judged in the end; what can be judged at once
 * is. In: time, a workload by chance. Out: a record.
 */

import { below, type Random } from '../../../../src/base/random.ts';
import { ask } from '../../../interop/server-conversation.ts';
import { connectRequestPayload, jute, parseReply } from '../../../support/raw-client.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimNetwork, SimSocket } from '../sim-network.ts';
import { nextCall, type Asked } from './workload.ts';

export interface Call {
  /** In the order in which all clients asked. */
  readonly order: number;
  readonly connection: ClientConnectionRecord;
  readonly sessionId: bigint;
  readonly xid: number;
  readonly asked: Asked;
  /** In the same order; null while there is no answer. */
  answered: number | null;
  zxid: bigint;
  err: number;
  body: Buffer;
}

export interface WatchRecord {
  readonly kind: 'data' | 'child';
  readonly path: string;
  /** Changes after this are to be told. */
  readonly since: bigint;
  /** The last answer before the event; while there is none, the last one so far. */
  seenBefore: bigint;
  fired: boolean;
  /** The first answer after the event. */
  seenAfter: bigint | null;
}

/** One connection, from its session's beginning to its end. */
export interface ClientConnectionRecord {
  readonly wire: number;
  readonly server: string;
  readonly watches: WatchRecord[];
}

export interface ClientSession {
  readonly id: bigint;
  readonly password: Buffer;
  /** When the client sent what was answered, in order. */
  readonly heard: number[];
  closing: boolean;
  /** The server said that it is over. */
  expired: boolean;
}

export interface ClientParts {
  readonly name: string;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  /** Where to try next. */
  readonly server: () => string;
  readonly timeoutMs: number;
  /** How many members may have their roles changed. */
  readonly reconfigurable: number;
  /** Counts what happens, in all clients together. */
  readonly count: () => number;
  readonly fail: (what: string) => void;
  readonly note: (text: string) => void;
}

const SESSION_MOVED = -118;
const CLIENT_PORT = 2181;
const IN_FLIGHT_MAX = 5;
const CONNECT_MS = 600;
const RETRY_MS = 60;

export class EnsembleClient {
  readonly calls: Call[] = [];
  readonly connections: ClientConnectionRecord[] = [];
  readonly sessions: ClientSession[] = [];
  readonly name: string;
  /** Writes nothing any more, but keeps its session. */
  resting = false;
  answeredWrites = 0;
  readonly #parts: ClientParts;
  #socket: SimSocket | null = null;
  #record: ClientConnectionRecord | null = null;
  #session: ClientSession | null = null;
  #received: Buffer = Buffer.alloc(0);
  #sent: (Call | { readonly xid: number; readonly sentMs: number })[] = [];
  #sentMs = new Map<number, number>();
  #seen = 0n;
  #xid = 0;
  #attempt = 0;
  #ready = false;
  #heardMs = 0;

  constructor(parts: ClientParts) {
    this.name = parts.name;
    this.#parts = parts;
    parts.scheduler.after(below(parts.random, 2_000), () => this.#connect());
    this.#loop();
  }

  /** The session that it holds now. */
  get session(): ClientSession | null {
    return this.#session?.expired === true ? null : this.#session;
  }

  get serving(): boolean {
    return this.#ready;
  }

  #loop(): void {
    const { scheduler, random, timeoutMs } = this.#parts;
    scheduler.after(20 + below(random, this.resting ? 400 : 60), () => {
      const nowMs = scheduler.nowMs;
      if (this.#socket !== null && nowMs - this.#heardMs > (timeoutMs * 2) / 3) this.#leave();
      else if (this.#ready) this.#act(nowMs);
      this.#loop();
    });
  }

  #act(nowMs: number): void {
    const { random, timeoutMs } = this.#parts;
    if (this.resting || below(random, 60) === 0) {
      if (nowMs - this.#heardMs > timeoutMs / 4) this.#ping();
      if (!this.resting && below(random, 8) === 0) this.#leave();
      return;
    }
    const many = 1 + below(random, 3);
    for (let i = 0; i < many && this.#sent.length < IN_FLIGHT_MAX && this.#session?.closing === false; i++) {
      for (const asked of nextCall(random, `${this.name}:${this.#xid}`, this.#parts.reconfigurable)) this.#call(asked);
    }
  }

  #call(asked: Asked): void {
    const record = this.#record;
    const session = this.#session;
    if (record === null || session === null) return;
    const call: Call = {
      order: this.#parts.count(), connection: record, sessionId: session.id, xid: ++this.#xid, asked,
      answered: null, zxid: 0n, err: 0, body: Buffer.alloc(0),
    };
    this.calls.push(call);
    if (asked.type === -11) session.closing = true;
    this.#sent.push(call);
    this.#parts.note(`  ${this.name} asks ${record.server}: ${call.xid} ${asked.kind} ${asked.path} ${asked.version ?? ''}`);
    this.#send(call.xid, asked.type, asked.body);
  }

  #send(xid: number, type: number, body: Uint8Array): void {
    this.#sentMs.set(xid, this.#parts.scheduler.nowMs);
    this.#frame(Buffer.concat([jute.int(xid), jute.int(type), body]));
  }

  #ping(): void {
    if (this.#sent.some(({ xid }) => xid === -2)) return;
    this.#sent.push({ xid: -2, sentMs: this.#parts.scheduler.nowMs });
    this.#send(-2, 11, Buffer.alloc(0));
  }

  #frame(payload: Uint8Array): void {
    this.#socket?.write(new Uint8Array(Buffer.concat([jute.int(payload.length), payload])));
  }

  #connect(): void {
    const { network, random, scheduler, timeoutMs, name } = this.#parts;
    const attempt = ++this.#attempt;
    const server = this.#parts.server();
    const again = (): void => {
      if (attempt === this.#attempt && this.#socket === null) scheduler.after(RETRY_MS + below(random, 100), () => attempt === this.#attempt && this.#connect());
    };
    network.connect(name, { host: server, port: CLIENT_PORT }, CONNECT_MS, (socket) => {
      if (attempt !== this.#attempt) {
        socket.close();
        return { onData: () => undefined, onClose: () => undefined };
      }
      this.#socket = socket;
      this.#heardMs = scheduler.nowMs;
      this.#received = Buffer.alloc(0);
      this.#record = { wire: socket.wire, server, watches: [] };
      const { id = 0n, password = Buffer.alloc(16) } = this.session ?? {};
      this.#frame(connectRequestPayload({ timeoutMs, sessionId: id, password, lastZxidSeen: this.#seen }));
      this.#sentMs.set(0, scheduler.nowMs);
      return {
        onData: (bytes) => {
          if (this.#socket === socket) this.#data(bytes);
        },
        onClose: () => {
          if (this.#socket === socket) this.#lost();
        },
      };
    }, again);
  }

  #leave(): void {
    this.#socket?.close();
    this.#lost();
  }

  #lost(): void {
    this.#socket = null;
    this.#ready = false;
    this.#sent = [];
    // Whoever said goodbye has no session any more, whether it was heard or not.
    if (this.#session?.closing === true) this.#forget();
    this.#connect();
  }

  #forget(): void {
    this.#session = null;
    this.#seen = 0n;
  }

  #data(bytes: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
      const end = 4 + this.#received.readInt32BE(0);
      const frame = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      this.#heardMs = this.#parts.scheduler.nowMs;
      if (this.#ready) this.#answer(frame);
      else this.#welcome(frame);
      if (this.#socket === null) return;
    }
  }

  #welcome(payload: Buffer): void {
    const timeoutMs = payload.readInt32BE(4);
    const id = payload.readBigInt64BE(8);
    this.#parts.note(`  ${this.name} has session ${id.toString(16)} at ${this.#record?.server ?? ''}`);
    if (payload.at(-1) !== 0) this.#parts.fail(`${this.name} may not read only, and is answered by a read-only server`);
    const former = this.session;
    if (timeoutMs === 0) {
      if (former !== null) former.expired = true;
      this.#forget();
      this.#leave();
      return;
    }
    if (former === null) {
      this.#session = { id, password: Buffer.from(payload.subarray(20, 36)), heard: [], closing: false, expired: false };
      this.sessions.push(this.#session);
    } else if (former.id !== id) this.#parts.fail(`${this.name} asked for session ${former.id} and got ${id}`);
    (this.#session as ClientSession).heard.push(this.#sentMs.get(0) ?? 0);
    this.#ready = true;
    const record = this.#record as ClientConnectionRecord;
    const before = former === null ? [] : (this.connections.at(-1)?.watches ?? []).filter(({ fired }) => !fired);
    this.connections.push(record);
    this.#watchAgain(record, before);
  }

  /** What was not told yet is watched from where this client stands. */
  #watchAgain(record: ClientConnectionRecord, before: readonly WatchRecord[]): void {
    if (before.length === 0) return;
    for (const { kind, path } of before) record.watches.push({ kind, path, since: this.#seen, seenBefore: this.#seen, fired: false, seenAfter: null });
    const paths = (kind: string): string[] => before.filter((watch) => watch.kind === kind).map(({ path }) => path);
    this.#call({ type: 101, kind: 'setWatches', path: '', body: ask.setWatches(this.#seen, paths('data'), [], paths('child')) });
  }

  #answer(payload: Buffer): void {
    const reply = parseReply(payload);
    if (reply.xid === -1) {
      this.#event(reply.body);
      return;
    }
    const due = this.#sent.shift();
    this.#parts.note(`  ${this.name} is answered ${reply.xid} at ${reply.zxid.toString(16)}: ${reply.err}`);
    if (due?.xid !== reply.xid) {
      this.#parts.fail(`${this.name} is answered ${reply.xid}, and ${due?.xid ?? 'nothing'} was due`);
      return;
    }
    this.#session?.heard.push(this.#sentMs.get(reply.xid) ?? 0);
    if (reply.zxid < this.#seen) this.#parts.fail(`${this.name} saw ${this.#seen.toString(16)} and is answered at ${reply.zxid.toString(16)}`);
    this.#seen = reply.zxid;
    for (const watch of this.#record?.watches ?? []) {
      if (!watch.fired) watch.seenBefore = reply.zxid;
      else watch.seenAfter ??= reply.zxid;
    }
    if ('asked' in due) this.#answered(due, reply);
  }

  #answered(call: Call, reply: { readonly zxid: bigint; readonly err: number; readonly body: Buffer }): void {
    Object.assign(call, { answered: this.#parts.count(), zxid: reply.zxid, err: reply.err, body: reply.body });
    const { asked: { watch, path, writes, type } } = call;
    if (writes === true) this.answeredWrites++;
    if (reply.err === SESSION_MOVED) this.#parts.fail(`${this.name} is told that its session has moved, which no client is`);
    if (watch !== undefined && reply.err === 0) {
      call.connection.watches.push({ kind: watch, path, since: reply.zxid, seenBefore: reply.zxid, fired: false, seenAfter: null });
    }
    if (type === -11) {
      this.#forget();
      this.#leave();
    }
  }

  #event(body: Buffer): void {
    const type = body.readInt32BE(0);
    const path = body.toString('utf8', 12, 12 + body.readInt32BE(8));
    const kinds = type === 2 ? ['data', 'child'] : [type === 4 ? 'child' : 'data'];
    // A node that is gone is told twice where both its watches are set again.
    const told = (this.#record?.watches ?? []).filter((watch) => watch.path === path && kinds.includes(watch.kind));
    if (told.length === 0) this.#parts.fail(`${this.name} is told of ${path} (event ${type}), and does not watch it`);
    for (const watch of told) watch.fired = true;
  }
}
