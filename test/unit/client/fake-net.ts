/**
 * Sockets that a test holds both ends of. In: addresses that clients connect to. Out: links on which the test plays
 * the server. Must hold: nothing is reported within connect() or after close(), as the interface demands.
 */

import type { Connection, ConnectionEvents, ServerAddress, Transport } from '../../../src/client/transport.ts';
import { encodeFrame, FrameDecoder, part, type FramePart } from '../../../src/wire/framing.ts';
import { decode } from '../../../src/wire/jute/encode.ts';
import { JuteReader } from '../../../src/wire/jute/jute-reader.ts';
import { ConnectRequest, ConnectResponse } from '../../../src/wire/records/connect.ts';
import { ReplyHeader, RequestHeader, WatcherEvent, Xid } from '../../../src/wire/records/headers.ts';

export interface FakeRequest {
  readonly xid: number;
  readonly type: number;
  readonly reader: JuteReader;
}

/** One connection as its server sees it. */
export class FakeLink implements Connection {
  readonly address: ServerAddress;
  readonly #events: ConnectionEvents;
  readonly #decoder = new FrameDecoder();
  /** Payloads in the order in which they came. */
  readonly received: Uint8Array[] = [];
  writes = 0;
  /** Told of each payload. */
  onPayload: ((payload: Uint8Array) => void) | null = null;
  state: 'opening' | 'open' | 'closedByClient' | 'closedByServer' = 'opening';

  constructor(address: ServerAddress, events: ConnectionEvents) {
    this.address = address;
    this.#events = events;
  }

  write(bytes: Uint8Array): void {
    if (this.state !== 'open') return;
    this.writes++;
    this.#decoder.push(bytes, (payload) => {
      const own = payload.slice();
      this.received.push(own);
      this.onPayload?.(own);
    });
  }

  close(): void {
    if (this.state !== 'closedByServer') this.state = 'closedByClient';
  }

  get live(): boolean {
    return this.state === 'opening' || this.state === 'open';
  }

  open(): void {
    if (this.state !== 'opening') return;
    this.state = 'open';
    this.#events.onOpen();
  }

  /** The server's end goes away. */
  drop(reason: string | null = null): void {
    if (!this.live) return;
    this.state = 'closedByServer';
    this.#events.onClose(reason);
  }

  /** Bytes as they are. */
  send(bytes: Uint8Array): void {
    if (this.state === 'open') this.#events.onData(bytes);
  }

  frame(...parts: readonly FramePart[]): void {
    this.send(encodeFrame(...parts));
  }

  /** The handshake that the client sent. */
  greeting(): ConnectRequest {
    return decode(ConnectRequest, this.received[0]!);
  }

  welcome(response: Partial<ConnectResponse> = {}): void {
    const whole = { protocolVersion: 0, timeoutMs: 9_000, sessionId: 0x1_0001n, password: new Uint8Array(16).fill(7), readOnly: false, ...response };
    this.frame(part(ConnectResponse, whole));
  }

  reply(xid: number, zxid: bigint, err: number, ...body: readonly FramePart[]): void {
    this.frame(part(ReplyHeader, { xid, zxid, err }), ...body);
  }

  event(type: number, path: string, zxid = -1n): void {
    this.frame(part(ReplyHeader, { xid: Xid.NOTIFICATION, zxid, err: 0 }), part(WatcherEvent, { type, state: 3, path }));
  }

  /** What came behind the handshake. */
  requests(): FakeRequest[] {
    return this.received.slice(1).map((payload) => {
      const reader = new JuteReader(payload);
      return { ...RequestHeader.read(reader), reader };
    });
  }
}

export class FakeNet implements Transport {
  readonly links: FakeLink[] = [];
  /** Told of each attempt to connect. */
  onConnect: ((link: FakeLink) => void) | null = null;

  connect(address: ServerAddress, events: ConnectionEvents): Connection {
    const link = new FakeLink(address, events);
    this.links.push(link);
    this.onConnect?.(link);
    return link;
  }

  get last(): FakeLink {
    return this.links.at(-1)!;
  }
}
