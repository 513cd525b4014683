/**
 * A deliberately simple ensemble for simulations: nodes with versions, sessions, one-shot data watches. It acts on a
 * request when the test lets it, and its bytes reach the client when the test lets them: both can be cut off before.
 */

import { encodeFrame, part, type FramePart } from '../../../src/wire/framing.ts';
import { decode } from '../../../src/wire/jute/encode.ts';
import { JuteReader } from '../../../src/wire/jute/jute-reader.ts';
import { PathWatchRequest, StatResponse } from '../../../src/wire/operations/exists.ts';
import { GetDataResponse } from '../../../src/wire/operations/get-data.ts';
import { SetDataRequest } from '../../../src/wire/operations/set-data.ts';
import { SetWatchesRequest } from '../../../src/wire/operations/watches.ts';
import { ConnectRequest, ConnectResponse } from '../../../src/wire/records/connect.ts';
import { ReplyHeader, RequestHeader, WatcherEvent } from '../../../src/wire/records/headers.ts';
import type { FakeLink, FakeNet } from './fake-net.ts';

interface Node {
  version: number;
  mzxid: bigint;
  data: Uint8Array;
}

class ServerLink {
  readonly link: FakeLink;
  /** Requests that came and were not looked at yet. */
  readonly inbox: Uint8Array[] = [];
  /** Bytes that are on their way to the client. */
  outbox: Uint8Array = new Uint8Array(0);
  greeted = false;
  sessionId = 0n;
  readonly watched = new Set<string>();

  constructor(link: FakeLink) {
    this.link = link;
  }

  write(...parts: readonly FramePart[]): void {
    this.outbox = new Uint8Array(Buffer.concat([this.outbox, encodeFrame(...parts)]));
  }
}

export class ModelServer {
  readonly nodes = new Map<string, Node>();
  readonly sessions = new Set<bigint>();
  /** How often each write was carried out, by its data. */
  readonly applied = new Map<string, number>();
  /** New connections are let in. */
  serving = true;
  readonly timeoutMs: number;
  zxid = 1n;
  #nextSession = 0x100n;
  #links: ServerLink[] = [];

  constructor(net: FakeNet, timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    net.onConnect = (link) => {
      const server = new ServerLink(link);
      link.onPayload = (payload) => server.inbox.push(payload);
      this.#links.push(server);
    };
  }

  get #live(): ServerLink[] {
    this.#links = this.#links.filter(({ link }) => link.live);
    return this.#links;
  }

  /** Another client's write. */
  touch(path: string): void {
    this.#write(path, new Uint8Array([1]));
  }

  /** Connections open or are refused, and up to `count` requests are acted on. */
  work(count: number): void {
    for (const server of this.#live) {
      if (server.link.state === 'opening') {
        if (this.serving) server.link.open();
        else server.link.drop('refused');
      }
      for (let i = 0; i < count && server.inbox.length > 0; i++) this.#act(server, server.inbox.shift()!);
    }
  }

  /** Up to `count` bytes reach the client. */
  deliver(count: number): void {
    for (const server of this.#live) {
      const now = server.outbox.slice(0, count);
      server.outbox = server.outbox.slice(count);
      if (now.length > 0) server.link.send(now);
    }
  }

  /** Whether nothing is on its way, in either direction. */
  get idle(): boolean {
    return this.#live.every(({ inbox, outbox, link }) => inbox.length === 0 && outbox.length === 0 && link.state === 'open');
  }

  /** Connections break; what was on its way is gone. */
  cut(): void {
    for (const { link } of this.#live) link.drop('reset');
  }

  expireAll(): void {
    this.sessions.clear();
    this.cut();
  }

  #write(path: string, data: Uint8Array): Node {
    const node = this.nodes.get(path)!;
    node.version++;
    node.mzxid = ++this.zxid;
    node.data = data;
    for (const server of this.#live) if (server.watched.delete(path)) this.#event(server, path);
    return node;
  }

  #event(server: ServerLink, path: string): void {
    server.write(part(ReplyHeader, { xid: -1, zxid: -1n, err: 0 }), part(WatcherEvent, { type: 3, state: 3, path }));
  }

  #act(server: ServerLink, payload: Uint8Array): void {
    if (!server.greeted) {
      this.#greet(server, decode(ConnectRequest, payload));
      return;
    }
    const reader = new JuteReader(payload);
    const { xid, type } = RequestHeader.read(reader);
    const reply = (err: number, ...body: readonly FramePart[]): void => server.write(part(ReplyHeader, { xid, zxid: this.zxid, err }), ...body);
    if (type === 4) {
      const { path, watch } = PathWatchRequest.read(reader);
      const node = this.nodes.get(path)!;
      if (watch) server.watched.add(path);
      reply(0, part(GetDataResponse, { data: node.data, stat: statOf(node) }));
    } else if (type === 5) {
      const { path, data } = SetDataRequest.read(reader);
      const id = Buffer.from(data!).toString();
      this.applied.set(id, (this.applied.get(id) ?? 0) + 1);
      reply(0, part(StatResponse, { stat: statOf(this.#write(path, data!)) }));
    } else if (type === 101) {
      const { relativeZxid, dataWatches } = SetWatchesRequest.read(reader);
      for (const path of dataWatches) {
        if (this.nodes.get(path)!.mzxid > relativeZxid) this.#event(server, path);
        else server.watched.add(path);
      }
      reply(0);
    } else {
      if (type === -11) this.sessions.delete(server.sessionId);
      reply(0);
    }
  }

  #greet(server: ServerLink, { sessionId, lastZxidSeen }: ConnectRequest): void {
    const known = sessionId === 0n || this.sessions.has(sessionId);
    if (lastZxidSeen > this.zxid) {
      server.link.drop();
      return;
    }
    const password = new Uint8Array(16);
    if (!known) {
      server.write(part(ConnectResponse, { protocolVersion: 0, timeoutMs: 0, sessionId: 0n, password, readOnly: false }));
      return;
    }
    Object.assign(server, { greeted: true, sessionId: sessionId === 0n ? this.#nextSession++ : sessionId });
    this.sessions.add(server.sessionId);
    server.write(part(ConnectResponse, { protocolVersion: 0, timeoutMs: this.timeoutMs, sessionId: server.sessionId, password, readOnly: false }));
  }
}

function statOf({ version, mzxid, data }: Node) {
  return {
    czxid: 1n, mzxid, ctime: 0n, mtime: 0n, version, cversion: 0, aversion: 0, ephemeralOwner: 0n, dataLength: data.length, numChildren: 0, pzxid: 1n,
  };
}
