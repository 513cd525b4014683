/**
 * A client that may read only, as long as there are faults: it asks servers whether they are read-only, and those that
 * are for reads and writes. In: time. Out: what a read-only server must not do.
 */

import { below, seededRandom, type Random } from '../../../../src/base/random.ts';
import { formatId } from '../../../../src/model/zxid.ts';
import { ask } from '../../../interop/server-conversation.ts';
import { connectRequestPayload, jute, parseReply } from '../../../support/raw-client.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimNetwork, SimSocket } from '../sim-network.ts';
import type { History } from './history.ts';

export interface ReaderParts {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly hosts: readonly string[];
  readonly timeoutMs: number;
  readonly fail: (what: string) => void;
}

const CLIENT_PORT = 2181;
const CONNECT_MS = 600;
const NOT_READ_ONLY = -119;
const NO_NODE = -101;
/** Everything that is a write, or needs a leader. */
const WRITES: readonly (readonly [number, Uint8Array])[] = [
  [1, ask.create('/from-reader', 'x')], [1, ask.create('/from-reader', 'x', 1)], [2, ask.delete('/from-reader')], [5, ask.setData('/', 'x')],
  [9, ask.path('/')], [14, ask.multi([5, ask.setData('/', 'x')])], [15, ask.create('/from-reader', 'x', 2)],
];
const READS: readonly (readonly [number, Uint8Array])[] = [[3, ask.read('/from-reader')], [4, ask.read('/')], [12, ask.read('/', true)], [11, Buffer.alloc(0)]];

export class ReadOnlyClient {
  resting = false;
  /** Answers of read-only servers. */
  answers = 0;
  /** Sessions of read-only servers: no transaction may name them. */
  readonly #sessions = new Set<bigint>();
  readonly #parts: ReaderParts;
  readonly #random: Random;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#random = seededRandom(parts.seed);
    this.#loop();
  }

  /** Nothing that was proposed came from a read-only server's client. */
  judge({ proposed }: History): void {
    for (const { txn: { header: { sessionId, zxid } } } of proposed.values()) {
      if (this.#sessions.has(sessionId)) this.#parts.fail(`${formatId(zxid)} is of a read-only server’s session`);
    }
  }

  #loop(): void {
    this.#parts.scheduler.after(50 + below(this.#random, 400), () => {
      if (this.resting) return;
      const { hosts } = this.#parts;
      const host = hosts[below(this.#random, hosts.length)] as string;
      this.#open(host, Buffer.from('isro'), (bytes, socket) => {
        if (bytes.length < 2) return;
        socket.close();
        if (bytes.toString('utf8', 0, 2) === 'ro') this.#talk(host);
      });
      this.#loop();
    });
  }

  /** @param onData is told of everything that has come so far */
  #open(host: string, first: Uint8Array, onData: (bytes: Buffer, socket: SimSocket) => void): void {
    let received: Buffer = Buffer.alloc(0);
    this.#parts.network.connect('reader', { host, port: CLIENT_PORT }, CONNECT_MS, (socket) => {
      socket.write(new Uint8Array(first));
      return {
        onData: (bytes) => {
          received = Buffer.concat([received, bytes]);
          onData(received, socket);
        },
        onClose: () => undefined,
      };
    }, () => undefined);
  }

  #talk(host: string): void {
    const { timeoutMs } = this.#parts;
    const order = [...WRITES, ...READS, ...WRITES].slice(below(this.#random, WRITES.length));
    let at = 0;
    let answered = -1;
    this.#open(host, framed(connectRequestPayload({ timeoutMs, readOnly: true })), (bytes, socket) => {
      for (; bytes.length >= at + 4 && bytes.length >= at + 4 + bytes.readInt32BE(at); answered++) {
        const frame = bytes.subarray(at + 4, at + 4 + bytes.readInt32BE(at));
        at += 4 + frame.length;
        if (answered >= 0) this.#judge(host, order[answered] as readonly [number, Uint8Array], frame);
        else if (this.#welcome(frame)) order.forEach(([type, body], i) => socket.write(new Uint8Array(framed(Buffer.concat([jute.int(i + 1), jute.int(type), body])))));
        else socket.close();
      }
      if (answered === order.length) socket.close();
    });
  }

  /** @returns whether a read-only server answers; meanwhile it may serve as any other */
  #welcome(payload: Buffer): boolean {
    if (payload.at(-1) !== 1) return false;
    this.#sessions.add(payload.readBigInt64BE(8));
    return true;
  }

  #judge(host: string, [type]: readonly [number, Uint8Array], payload: Buffer): void {
    const { err } = parseReply(payload);
    const isWrite = WRITES.some(([of]) => of === type);
    const fits = isWrite ? err === NOT_READ_ONLY : err === 0 || err === NO_NODE;
    if (!fits) this.#parts.fail(`${host} is read-only and answers operation ${type} with ${err} at ${formatId(payload.readBigInt64BE(4))}`);
    this.answers++;
  }
}

function framed(payload: Uint8Array): Buffer {
  return Buffer.concat([jute.int(payload.length), payload]);
}
