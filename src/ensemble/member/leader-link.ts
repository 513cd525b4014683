/**
 * The leader's end of the connection to one learner. In: words to say, bytes. Out: bytes, words. Must hold: what is
 * said leaves in the order in which it was said, a snapshot's tree right behind its word.
 */

import { WireError } from '../../model/errors.ts';
import { QuorumPacketDecoder } from '../../wire/quorum/quorum-packet.ts';
import type { ClientSocket, SocketHandler } from '../listener.ts';
import { contentChunks } from '../log/snapshot-writer.ts';
import type { LeaderMessage, LearnerMessage } from '../replication/messages.ts';
import type { Database } from '../tree/database.ts';
import type { SyncTally, SyncWay } from './sync-tally.ts';
import { leaderBytes, readLearnerMessage, signatureBytes } from './words.ts';

/** So much of a tree is put in line at one go, at one moment of the tree; a larger one is sent while it changes. */
const AT_ONCE_BYTES = 64 * 1024 * 1024;
const BUFFERED_BYTES_MAX = 4 * 1024 * 1024;

/** What went over a connection, as administration shows it. */
export interface LinkCounts {
  packetsReceived: number;
  packetsSent: number;
  requests: number;
  /** The last that the learner was told; -1 before the first. */
  lastZxid: bigint;
}

const nothingYet = (): LinkCounts => ({ packetsReceived: 0, packetsSent: 0, requests: 0, lastZxid: -1n });

export interface LeaderLinkOptions {
  /** The longest buffer in a packet, in bytes. */
  readonly bufferMax: number;
  /** When it came, in milliseconds since 1970. */
  readonly establishedMs: number;
  readonly tally: SyncTally;
}

export interface LeaderLinkEvents {
  onMessage(message: LearnerMessage): void;
  onClosed(reason: string): void;
}

export class LeaderLink implements SocketHandler {
  readonly #socket: ClientSocket;
  readonly #database: () => Database;
  readonly #events: LeaderLinkEvents;
  readonly #decoder: QuorumPacketDecoder;
  /** The rest of a tree that is on its way, and what has to wait for its end. */
  #tree: Iterator<Uint8Array> | null = null;
  #behind: LeaderMessage[] = [];
  #release: () => void = () => undefined;
  #closed = false;
  #drained = false;
  #bufferedBytes = 0;
  #counts = nothingYet();
  readonly #tally: SyncTally;
  /** How the learner is being brought up to date; null before that, and when it has acknowledged it. */
  #syncing: SyncWay | null = null;
  readonly establishedMs: number;

  constructor(socket: ClientSocket, database: () => Database, { bufferMax, establishedMs, tally }: LeaderLinkOptions, events: LeaderLinkEvents) {
    this.#socket = socket;
    this.#database = database;
    this.#events = events;
    this.establishedMs = establishedMs;
    this.#tally = tally;
    this.#decoder = new QuorumPacketDecoder(bufferMax);
  }

  get remote(): string {
    return `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
  }

  /** Whether the learner took in some of what waits for it since this was asked last. */
  hasMoved(): boolean {
    const { bufferedBytes } = this.#socket;
    const moved = this.#drained || bufferedBytes < this.#bufferedBytes;
    this.#drained = false;
    this.#bufferedBytes = bufferedBytes;
    return moved;
  }

  get counts(): Readonly<LinkCounts> {
    return this.#counts;
  }

  /** Said and not gone yet: words behind a tree, and bytes. */
  get queued(): { readonly packets: number; readonly bytes: number } {
    return { packets: this.#behind.length, bytes: this.#socket.bufferedBytes };
  }

  resetCounts(): void {
    this.#counts = nothingYet();
  }

  send(message: LeaderMessage): void {
    if (this.#closed) return;
    if (this.#tree !== null) {
      this.#behind.push(message);
      return;
    }
    this.#socket.write(leaderBytes(message));
    const zxid = 'txn' in message ? message.txn.header.zxid : 'zxid' in message ? message.zxid : 0n;
    this.#counts.packetsSent++;
    if (zxid > 0n) this.#counts.lastZxid = zxid;
    if (message.kind === 'snap' || message.kind === 'diff' || message.kind === 'trunc') this.#beginSync(message.kind === 'snap' ? 'snap' : 'diff');
  }

  close(): void {
    this.#over();
    this.#socket.destroy();
  }

  onData(chunk: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#decoder.push(chunk, (packet) => {
        const message = readLearnerMessage(packet);
        this.#counts.packetsReceived++;
        if (message !== null) this.#count(message);
        if (message !== null && !this.#closed) this.#events.onMessage(message);
      });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#fail(error.message);
    }
  }

  onDrain(): void {
    this.#drained = true;
    this.#pump(BUFFERED_BYTES_MAX);
  }

  onClose(): void {
    if (!this.#closed) this.#fail('the connection is gone');
  }

  #beginSync(way: SyncWay): void {
    this.#syncing = way;
    this.#tally.begun(way);
    if (way === 'snap') this.#sendTree();
  }

  #count({ kind }: LearnerMessage): void {
    if (kind === 'request') this.#counts.requests++;
    else if (kind === 'revalidate') this.#tally.revalidates();
    else if (kind === 'ack' && this.#syncing !== null) {
      this.#tally.acknowledged(this.#syncing);
      this.#syncing = null;
    }
  }

  #sendTree(): void {
    const source = this.#database().snapshot();
    this.#tree = contentChunks(source);
    this.#release = () => source.release();
    this.#pump(AT_ONCE_BYTES);
  }

  #pump(bytesMax: number): void {
    let bytes = 0;
    while (this.#tree !== null && !this.#closed && (bytes < bytesMax || this.#socket.bufferedBytes < BUFFERED_BYTES_MAX)) {
      const { done, value } = this.#tree.next();
      if (done === true) {
        this.#endTree();
        return;
      }
      bytes += value.length;
      this.#socket.write(value);
    }
  }

  #endTree(): void {
    this.#tree = null;
    this.#release();
    this.#tally.treeSent();
    this.#socket.write(signatureBytes());
    const behind = this.#behind;
    this.#behind = [];
    for (const message of behind) this.send(message);
  }

  #fail(reason: string): void {
    this.#over();
    this.#socket.destroy();
    this.#events.onClosed(reason);
  }

  #over(): void {
    this.#closed = true;
    if (this.#syncing !== null) this.#tally.left(this.#syncing);
    this.#syncing = null;
    if (this.#tree === null) return;
    this.#tree = null;
    this.#tally.treeSent();
    this.#release();
  }
}
